import { withColumns } from '../../columnar/index.ts';
import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { presentData, presentNumbers } from '../keys/keyed-columns.ts';
import { PerKey } from '../keys/per-key.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** What a run of `interpolate` needs to know. */
export interface InterpolateSettings {
  readonly columns: readonly string[];
  readonly key?: string;
  readonly limit: number;
  readonly flag: string;
}

/** Rows in work: those held before, then those of a batch. */
interface Work {
  readonly rows: StreamBatch;
  readonly times: Float64Array;
  readonly groups: Int32Array;
  /** Per column, NaN where missing and not filled yet. */
  readonly values: readonly Float64Array[];
  readonly flags: readonly Float64Array[];
  /** Rows that wait, by group. */
  readonly waiting: number[][];
  readonly released: number[];
  readonly by: number[];
}

/** Rows that wait for the next value of their key, and the last values of all keys. */
export class InterpolateState {
  readonly #settings: InterpolateSettings;
  #groups: KeyGroups;
  /** Per key and column: last value, its event time; NaN before the first. */
  #last: PerKey;
  #held: StreamBatch | undefined;
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(settings: InterpolateSettings) {
    this.#settings = settings;
    this.#groups = new KeyGroups(settings.key);
    this.#last = new PerKey(2 * settings.columns.length, Number.NaN);
  }

  get heldRows(): number {
    return this.#held?.batch.numRows ?? 0;
  }

  append(input: StreamBatch): StreamBatch {
    const held = this.heldRows;
    const flagged = this.#withFlags(input);
    const rows = concatStreamBatches(this.#held === undefined ? [flagged] : [this.#held, flagged]) as StreamBatch;
    const work = this.#begin(rows);
    const known = this.#last.reserve(this.#groups.size);
    for (let row = 0; row < held; row++) this.#wait(work, row);
    for (let row = held; row < rows.batch.numRows; row++) this.#take(work, row, known);
    const waiting = work.waiting.flat().sort((a, b) => a - b);
    const output = this.#output(work);
    const { mark: _mark, ...rest } = rows;
    this.#held = waiting.length === 0 ? undefined : this.#withValues(takeStreamRows(rest, Int32Array.from(waiting)), work, waiting);
    return output;
  }

  end(): StreamBatch | undefined {
    if (this.#held === undefined) return undefined;
    const work = this.#begin(this.#held);
    // No row goes out before one that went out already.
    work.rows.ordinal.fill(Math.max(this.#order.ordinal, work.rows.ordinal.at(-1) as number));
    for (let row = 0; row < work.times.length; row++) {
      work.released.push(row);
      work.by.push(row);
    }
    this.#held = undefined;
    return this.#output(work);
  }

  /** New rows as held ones are: columns as float64, and no flag set. */
  #withFlags(input: StreamBatch): StreamBatch {
    const { columns, flag } = this.#settings;
    const added = columns.flatMap((column) => [
      [column, presentData(presentNumbers(input.batch, column))],
      [`${column}${flag}`, presentData(new Float64Array(input.batch.numRows))],
    ]);
    return { ...input, batch: withColumns(input.batch, Object.fromEntries(added)) };
  }

  #begin(rows: StreamBatch): Work {
    const { columns, flag } = this.#settings;
    return {
      rows,
      times: eventTimes(rows.batch),
      groups: this.#groups.groupsOf(rows.batch),
      values: columns.map((column) => presentNumbers(rows.batch, column)),
      flags: columns.map((column) => presentNumbers(rows.batch, `${column}${flag}`)),
      waiting: [],
      released: [],
      by: [],
    };
  }

  #wait({ waiting, groups }: Work, row: number): void {
    const group = groups[row] as number;
    waiting[group] ??= [];
    waiting[group].push(row);
  }

  #take(work: Work, row: number, known: Float64Array): void {
    const group = work.groups[row] as number;
    const stride = 2 * this.#settings.columns.length;
    work.values.forEach((values, column) => {
      const value = values[row] as number;
      if (Number.isNaN(value)) return;
      const at = group * stride + 2 * column;
      for (const waiting of work.waiting[group] ?? []) this.#fill(work, column, waiting, row, known.subarray(at, at + 2));
      known[at] = value;
      known[at + 1] = work.times[row] as number;
    });
    this.#wait(work, row);
    const queue = work.waiting[group] as number[];
    while (queue.length > 0 && (queue.length > this.#settings.limit || !this.#isWaiting(work, queue[0] as number, known, group * stride))) {
      work.released.push(queue.shift() as number);
      work.by.push(row);
    }
  }

  #fill({ values, flags, times }: Work, column: number, row: number, until: number, [value, since]: Float64Array): void {
    const filled = values[column] as Float64Array;
    const time = times[row] as number;
    const end = times[until] as number;
    // Also false where nothing is known before.
    if (!Number.isNaN(filled[row]) || !((since as number) <= time && time <= end && (since as number) < end)) return;
    const share = (time - (since as number)) / (end - (since as number));
    filled[row] = (value as number) + ((filled[until] as number) - (value as number)) * share;
    (flags[column] as Float64Array)[row] = 1;
  }

  /** True while a missing value of the row may still be filled: its key has an earlier value, and no later one yet. */
  #isWaiting({ values, times }: Work, row: number, known: Float64Array, at: number): boolean {
    return values.some((column, index) => Number.isNaN(column[row]) && (known[at + 2 * index + 1] as number) <= (times[row] as number));
  }

  #withValues(rows: StreamBatch, work: Work, from: ArrayLike<number>): StreamBatch {
    const { columns, flag } = this.#settings;
    const pick = (values: Float64Array) => Float64Array.from(from, (row) => values[row] as number);
    const added = columns.flatMap((column, index) => [
      [column, presentData(pick(work.values[index] as Float64Array))],
      [`${column}${flag}`, presentData(pick(work.flags[index] as Float64Array))],
    ]);
    return { ...rows, batch: withColumns(rows.batch, Object.fromEntries(added)) };
  }

  /** The watermark may not pass what it was when the oldest row that still waits was read. */
  #output(work: Work): StreamBatch {
    const { rows, released, by, times } = work;
    const taken = this.#withValues(takeStreamRows(rows, Int32Array.from(released)), work, released);
    const done = new Uint8Array(rows.batch.numRows);
    const availableAt = new Float64Array(released.length);
    let oldest = 0;
    released.forEach((row, index) => {
      const releasing = by[index] as number;
      this.#watermark = Math.max(this.#watermark, Math.min(rows.watermark[releasing] as number, rows.watermark[oldest] as number));
      done[row] = 1;
      while (done[oldest] === 1) oldest++;
      taken.ordinal[index] = rows.ordinal[releasing] as number;
      taken.sub[index] = this.#order.next(rows.ordinal[releasing] as number);
      taken.watermark[index] = this.#watermark;
      availableAt[index] = Math.max(
        times[row] as number,
        knownAt(rows, releasing, times[releasing] as number),
        rows.availableAt?.[row] ?? Number.NEGATIVE_INFINITY,
      );
    });
    return { ...taken, availableAt };
  }

  write(out: StateWriter): void {
    this.#groups.write(out);
    this.#last.write(out);
    this.#order.write(out);
    out.number(this.#watermark);
    writeHeldRows(out, this.#held);
  }

  static read(settings: InterpolateSettings, input: StateReader): InterpolateState {
    const state = new InterpolateState(settings);
    state.#groups = KeyGroups.read(settings.key, input);
    state.#last = PerKey.read(2 * settings.columns.length, Number.NaN, input);
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    state.#held = readHeldRows(input);
    return state;
  }
}

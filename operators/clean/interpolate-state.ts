import { rowSelection, takeNumbers, withColumns } from '../../columnar/index.ts';
import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { presentData, presentNumbers } from '../keys/keyed-columns.ts';
import { type GroupedState, LivingKeys } from '../keys/living-keys.ts';
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
  readonly stateTtl?: number | undefined;
}

/** Rows in work: those held before, then those of a batch. */
interface Work {
  readonly rows: StreamBatch;
  readonly times: Float64Array;
  readonly groups: Int32Array;
  /** Per column, NaN where missing and not filled yet. */
  readonly values: readonly Float64Array[];
  readonly flags: readonly Float64Array[];
  /** Rows that wait, by group; with a ttl the group seen longest ago comes first. */
  readonly waiting: Map<number, number[]>;
  readonly released: number[];
  readonly by: number[];
}

/** Rows that wait for the next value of their key, and the last values of all keys. */
export class InterpolateState implements GroupedState {
  readonly #settings: InterpolateSettings;
  readonly #keys: LivingKeys;
  /** Per key and column: last value, its event time; NaN before the first. */
  readonly #last: PerKey;
  #held: StreamBatch | undefined;
  /** Groups of the rows held. */
  #heldGroups: Int32Array = new Int32Array(0);
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;
  /** Highest watermark of the input. */
  #reached = Number.NEGATIVE_INFINITY;

  constructor(
    settings: InterpolateSettings,
    keys = new LivingKeys(settings.key, settings.stateTtl),
    last = new PerKey(2 * settings.columns.length, Number.NaN),
  ) {
    this.#settings = settings;
    this.#keys = keys;
    this.#last = last;
    keys.manage(last);
    keys.manage(this);
  }

  /** Keys with rows that wait are never among the forgotten ones. */
  keepGroups(kept: Int32Array): void {
    const places = new Map(Array.from(kept, (group, place) => [group, place]));
    this.#heldGroups = this.#heldGroups.map((group) => places.get(group) as number);
  }

  get heldRows(): number {
    return this.#held?.batch.numRows ?? 0;
  }

  append(input: StreamBatch): StreamBatch {
    const held = this.heldRows;
    const flagged = this.#withFlags(this.#settings.stateTtl === undefined ? input : this.#risen(input));
    const groups = this.#keys.groupsOf(flagged);
    const rows = concatStreamBatches(this.#held === undefined ? [flagged] : [this.#held, flagged]) as StreamBatch;
    const work = this.#begin(rows, groups);
    const known = this.#last.reserve(this.#keys.size);
    for (let row = 0; row < held; row++) this.#wait(work, row);
    for (let row = held; row < rows.batch.numRows; row++) this.#take(work, row, known);
    const waiting = [...work.waiting.values()].flat().sort((a, b) => a - b);
    const output = this.#output(work);
    const { mark: _mark, ...rest } = rows;
    this.#heldGroups = Int32Array.from(waiting, (row) => work.groups[row] as number);
    this.#held = waiting.length === 0 ? undefined : this.#withValues(takeStreamRows(rest, Int32Array.from(waiting)), work, waiting);
    return output;
  }

  end(): StreamBatch | undefined {
    if (this.#held === undefined) return undefined;
    const work = this.#begin(this.#held, new Int32Array(0));
    // No row goes out before one that went out already.
    work.rows.ordinal.fill(Math.max(this.#order.ordinal, work.rows.ordinal.at(-1) as number));
    for (let row = 0; row < work.times.length; row++) {
      work.released.push(row);
      work.by.push(row);
    }
    this.#held = undefined;
    return this.#output(work);
  }

  /** The rows with watermarks that do not fall, as they may where streams were merged. */
  #risen(input: StreamBatch): StreamBatch {
    const watermark = input.watermark.map((reached) => (this.#reached = Math.max(this.#reached, reached)));
    return { ...input, watermark };
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

  #begin(rows: StreamBatch, fresh: Int32Array): Work {
    const { columns, flag } = this.#settings;
    const groups = new Int32Array(rows.batch.numRows);
    groups.set(this.#heldGroups);
    groups.set(fresh, this.#heldGroups.length);
    return {
      rows,
      times: eventTimes(rows.batch),
      groups,
      values: columns.map((column) => presentNumbers(rows.batch, column)),
      flags: columns.map((column) => presentNumbers(rows.batch, `${column}${flag}`)),
      waiting: new Map(),
      released: [],
      by: [],
    };
  }

  #wait({ waiting, groups }: Work, row: number): void {
    const group = groups[row] as number;
    const queue = waiting.get(group) ?? [];
    queue.push(row);
    if (this.#settings.stateTtl !== undefined) waiting.delete(group);
    waiting.set(group, queue);
  }

  /** Lets rows go whose key is forgotten by the watermark of another row. */
  #expire({ waiting, rows: { watermark }, released, by }: Work, row: number, ttl: number): void {
    for (const [group, queue] of waiting) {
      // Rows without a key are never forgotten.
      if (group === 0) continue;
      if (!((watermark[row] as number) - (watermark[queue.at(-1) as number] as number) > ttl)) return;
      for (const expired of queue) {
        released.push(expired);
        by.push(row);
      }
      waiting.delete(group);
    }
  }

  #take(work: Work, row: number, known: Float64Array): void {
    const group = work.groups[row] as number;
    const { stateTtl, columns } = this.#settings;
    if (stateTtl !== undefined) this.#expire(work, row, stateTtl);
    const stride = 2 * columns.length;
    work.values.forEach((values, column) => {
      const value = values[row] as number;
      if (Number.isNaN(value)) return;
      const at = group * stride + 2 * column;
      for (const waiting of work.waiting.get(group) ?? []) this.#fill(work, column, waiting, row, known.subarray(at, at + 2));
      known[at] = value;
      known[at + 1] = work.times[row] as number;
    });
    this.#wait(work, row);
    const queue = work.waiting.get(group) as number[];
    while (queue.length > 0 && (queue.length > this.#settings.limit || !this.#isWaiting(work, queue[0] as number, known, group * stride))) {
      work.released.push(queue.shift() as number);
      work.by.push(row);
    }
    if (queue.length === 0) work.waiting.delete(group);
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

  #withValues(rows: StreamBatch, work: Work, from: readonly number[]): StreamBatch {
    const { columns, flag } = this.#settings;
    const selection = rowSelection(Int32Array.from(from));
    const pick = (values: Float64Array) => takeNumbers(values, selection);
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
    this.#last.reserve(this.#keys.size);
    // Forgets: what comes after it is of living keys alone.
    this.#keys.write(out);
    this.#last.write(out);
    this.#order.write(out);
    out.number(this.#watermark).number(this.#reached).numbers(this.#heldGroups);
    writeHeldRows(out, this.#held);
  }

  static read(settings: InterpolateSettings, input: StateReader): InterpolateState {
    const state = InterpolateState.#readKeys(settings, input);
    state.#reached = input.number();
    state.#heldGroups = input.int32s();
    state.#held = readHeldRows(input);
    return state;
  }

  /** Reads a state of version 1, which told neither the groups of its rows nor the watermark of the input. */
  static migrate(settings: InterpolateSettings, input: StateReader): InterpolateState {
    const state = InterpolateState.#readKeys(settings, input);
    state.#held = readHeldRows(input);
    // The keys are only asked for: these rows were counted as seen before.
    const groups = new KeyGroups(settings.key, state.#keys.kind);
    for (let group = 1; group < state.#keys.size; group++) groups.add(state.#keys.keyOf(group));
    if (state.#held !== undefined) state.#heldGroups = groups.findGroups(state.#held.batch);
    return state;
  }

  static #readKeys(settings: InterpolateSettings, input: StateReader): InterpolateState {
    const keys = LivingKeys.read(settings.key, settings.stateTtl, input);
    const state = new InterpolateState(settings, keys, PerKey.read(2 * settings.columns.length, Number.NaN, input));
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    return state;
  }
}

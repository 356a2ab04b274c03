import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';

/** What a run of `intervalJoin` needs to know: right time less left time lies from `after` to `before`. */
export interface IntervalSettings extends RightColumns {
  readonly key?: string;
  readonly rightKey?: string;
  readonly after: number;
  readonly before: number;
}

/** Pairs found in a turn. */
class Pairs {
  readonly left: number[] = [];
  readonly right: number[] = [];
  readonly ordinal: number[] = [];
  readonly watermark: number[] = [];
}

/** One input of the join: its rows, and for each key those met so far, in the order they came. */
interface Side {
  readonly rows: StreamBatch | undefined;
  readonly times: Float64Array;
  readonly groups: Int32Array;
  readonly from: number;
  readonly met: number[][];
}

/** Rows of both inputs that may still find partners. */
export class IntervalState {
  readonly #settings: IntervalSettings;
  readonly #held: [StreamBatch | undefined, StreamBatch | undefined] = [undefined, undefined];
  readonly #watermarks: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(settings: IntervalSettings) {
    this.#settings = settings;
  }

  get heldRows(): number {
    return this.#held.reduce((sum, held) => sum + (held?.batch.numRows ?? 0), 0);
  }

  take(lefts: readonly StreamBatch[], rights: readonly StreamBatch[]): { readonly output: StreamBatch | undefined; readonly rows: number } {
    const groups = new KeyGroups(this.#settings.key);
    const left = sideOf(this.#held[0], lefts, (batch) => groups.groupsOf(batch.batch));
    const right = sideOf(this.#held[1], rights, (batch) => groups.groupsOf(batch.batch, this.#settings.rightKey));
    const pairs = this.#walk(left, right);
    for (const [input, batches] of [lefts, rights].entries()) {
      for (const { mark } of batches)
        if (mark !== undefined) this.#watermarks[input as 0 | 1] = Math.max(this.#watermarks[input as 0 | 1], mark.watermark);
    }
    // A left row waits for right rows up to `before` later, a right one for left rows up to `after` earlier.
    this.#held[0] = unexpired(left, this.#watermarks[1] - this.#settings.before);
    this.#held[1] = unexpired(right, this.#watermarks[0] + this.#settings.after);
    const rows = [...lefts, ...rights].reduce((sum, { batch }) => sum + batch.numRows, 0);
    return { output: this.#output(left, right, pairs), rows };
  }

  /** Takes new rows in the order of the task and pairs each with the partners met so far. */
  #walk(left: Side, right: Side): Pairs {
    const pairs = new Pairs();
    let i = left.from;
    let j = right.from;
    while (i < left.times.length || j < right.times.length) {
      const isLeft =
        j >= right.times.length || (i < left.times.length && comesFirst(left.rows as StreamBatch, i, right.rows as StreamBatch, j));
      const [side, other, row, input] = isLeft ? ([left, right, i++, 0] as const) : ([right, left, j++, 1] as const);
      const batch = side.rows as StreamBatch;
      this.#pair(isLeft, side, other, row, pairs, batch.ordinal[row] as number);
      meet(side, row);
      this.#watermarks[input] = Math.max(this.#watermarks[input], batch.watermark[row] as number);
    }
    return pairs;
  }

  #pair(isLeft: boolean, side: Side, other: Side, row: number, pairs: Pairs, ordinal: number): void {
    const { after, before } = this.#settings;
    const time = side.times[row] as number;
    // What has expired must not be found, whether or not it has been thrown away yet.
    const kept = isLeft ? this.#watermarks[0] + after : this.#watermarks[1] - before;
    const low = Math.min(this.#watermarks[0], this.#watermarks[1] - Math.max(0, before));
    for (const partner of other.met[side.groups[row] as number] ?? []) {
      const met = other.times[partner] as number;
      const apart = isLeft ? met - time : time - met;
      if (!(apart >= after && apart <= before && met >= kept)) continue;
      pairs.left.push(isLeft ? row : partner);
      pairs.right.push(isLeft ? partner : row);
      pairs.ordinal.push(ordinal);
      this.#watermark = Math.max(this.#watermark, Math.min(low, isLeft ? time : met));
      pairs.watermark.push(this.#watermark);
    }
  }

  #output(left: Side, right: Side, pairs: Pairs): StreamBatch | undefined {
    if (left.rows === undefined) return undefined;
    const rows = Int32Array.from(pairs.left);
    const { mark: _mark, ...source } = left.rows;
    const taken = takeStreamRows(source, rows);
    return {
      ...taken,
      batch: joinColumns(taken.batch, right.rows?.batch, Int32Array.from(pairs.right), this.#settings),
      ordinal: Float64Array.from(pairs.ordinal),
      sub: Int32Array.from(pairs.ordinal, (ordinal) => this.#order.next(ordinal)),
      watermark: Float64Array.from(pairs.watermark),
      availableAt: Float64Array.from(rows, (row, at) => Math.max(availableAt(left, row), availableAt(right, pairs.right[at] as number))),
    };
  }

  write(out: StateWriter): void {
    for (const watermark of this.#watermarks) out.number(watermark);
    this.#order.write(out);
    out.number(this.#watermark);
    for (const held of this.#held) writeHeldRows(out, held);
  }

  static read(settings: IntervalSettings, input: StateReader): IntervalState {
    const state = new IntervalState(settings);
    state.#watermarks[0] = input.number();
    state.#watermarks[1] = input.number();
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    state.#held[0] = readHeldRows(input);
    state.#held[1] = readHeldRows(input);
    return state;
  }
}

function sideOf(held: StreamBatch | undefined, batches: readonly StreamBatch[], groupsOf: (batch: StreamBatch) => Int32Array): Side {
  const rows = concatStreamBatches(held === undefined ? batches : [held, ...batches]);
  const from = held?.batch.numRows ?? 0;
  const times = rows === undefined ? new Float64Array(0) : eventTimes(rows.batch);
  const side: Side = { rows, times, groups: rows === undefined ? new Int32Array(0) : groupsOf(rows), from, met: [] };
  for (let row = 0; row < from; row++) meet(side, row);
  return side;
}

function meet({ met, groups }: Side, row: number): void {
  const group = groups[row] as number;
  const rows = met[group];
  if (rows === undefined) met[group] = [row];
  else rows.push(row);
}

function comesFirst(a: StreamBatch, i: number, b: StreamBatch, j: number): boolean {
  const apart = (a.ordinal[i] as number) - (b.ordinal[j] as number);
  return apart < 0 || (apart === 0 && (a.sub[i] as number) <= (b.sub[j] as number));
}

/** The rows that a watermark has not passed yet; rows without an event time expire at once. */
function unexpired({ rows, times }: Side, watermark: number): StreamBatch | undefined {
  if (rows === undefined) return undefined;
  const kept = rowsWhere(times.length, (row) => (times[row] as number) >= watermark);
  const { mark: _mark, ...rest } = rows;
  return kept.length === 0 ? undefined : takeStreamRows(rest, kept);
}

const availableAt = ({ rows, times }: Side, row: number): number =>
  Math.max(times[row] as number, rows?.availableAt?.[row] ?? Number.NEGATIVE_INFINITY);

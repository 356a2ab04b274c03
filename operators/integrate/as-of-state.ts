import {
  concatStreamBatches,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  takeStreamRows,
  type WatermarkMark,
} from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { type JoinInput, MergedProgress, Rises } from './merged-progress.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';
import { RightHistory } from './right-history.ts';
import { WaitingRows } from './waiting-rows.ts';

/** What a run of `joinAsOf` needs to know. */
export interface AsOfSettings extends RightColumns {
  readonly key?: string;
  readonly rightKey?: string;
  readonly direction: 'backward' | 'forward' | 'nearest';
  readonly tolerance: number;
}

/** What came of a turn. */
export interface AsOfTurn {
  readonly output: StreamBatch | undefined;
  readonly lateLeft: StreamBatch | undefined;
  readonly lateRight: number;
}

const NONE = new Float64Array(0);

/** Left rows that wait, and the right rows that they, or later ones, may match. */
export class AsOfState {
  readonly #settings: AsOfSettings;
  readonly #left = new WaitingRows();
  readonly #right: RightHistory;
  #progress = new MergedProgress();
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(settings: AsOfSettings) {
    this.#settings = settings;
    this.#right = new RightHistory(settings.key, settings.rightKey);
  }

  get heldRows(): number {
    return this.#left.size;
  }

  take(lefts: readonly StreamBatch[], rights: readonly StreamBatch[]): AsOfTurn {
    const left = joinInput(lefts);
    const right = joinInput(rights);
    const { rises, late } = this.#progress.advance([left, right]);
    const lateLeft = rowsWhere(left.times.length, (row) => late[0][row] === 1);
    const lateRight = rowsWhere(right.times.length, (row) => late[1][row] === 1);
    const fresh = inTime(right, late[1], lateRight.length);
    if (fresh !== undefined) this.#right.append(fresh.rows, fresh.times);
    const waiting = inTime(left, late[0], lateLeft.length);
    if (waiting !== undefined) this.#left.append(waiting.rows, waiting.times);
    const output = this.#release(rises);
    this.#right.forget(this.#reached());
    return {
      output,
      lateLeft: left.rows === undefined || lateLeft.length === 0 ? undefined : takeStreamRows(left.rows, lateLeft),
      lateRight: lateRight.length,
    };
  }

  end(): StreamBatch | undefined {
    const rises = new Rises();
    rises.add(Number.POSITIVE_INFINITY, this.#progress.lastOrdinal, Number.NEGATIVE_INFINITY);
    this.#ended = true;
    return this.#release(rises);
  }

  /** How far the watermark is that releases left rows: behind that of the inputs where the join looks forward. */
  #reached(): number {
    return this.#ended ? Number.POSITIVE_INFINITY : this.#progress.watermark - this.#slack;
  }

  get #slack(): number {
    return this.#settings.direction === 'backward' ? 0 : this.#settings.tolerance;
  }

  /** Puts out the left rows that the watermark has passed. */
  #release(rises: Rises): StreamBatch | undefined {
    if (!this.#left.store.hasColumns) return undefined;
    const { rows, times } = this.#left.release(this.#reached());
    const groups = this.#right.groupsOf(rows);
    const matches = this.#right.match(groups, times, this.#settings);
    const column = this.#right.store.hasColumns ? (name: string) => this.#right.store.column(name, matches) : undefined;
    const batch = joinColumns(rows.batch, column, times.length, this.#settings);
    const { ordinal, known } = rises.placesOf(times, this.#slack);
    const watermark = new Float64Array(times.length);
    const availableAt = new Float64Array(times.length);
    let highest = this.#watermark;
    for (let row = 0; row < times.length; row++) {
      const time = times[row] as number;
      if (time > highest) highest = time;
      watermark[row] = highest;
      const derived = rows.availableAt?.[row] ?? time;
      availableAt[row] = Math.max(time, known[row] as number, Number.isNaN(derived) ? time : derived);
    }
    this.#watermark = highest;
    return { batch, origin: rows.origin, ordinal, sub: this.#order.nextAll(ordinal), watermark, availableAt };
  }

  write(out: StateWriter): void {
    this.#progress.write(out);
    this.#order.write(out);
    out.number(this.#watermark);
    writeHeldRows(out, this.#left.all());
    const needed = this.#right.needed(this.#reached());
    writeHeldRows(out, needed.length === 0 ? undefined : this.#right.store.take(needed));
  }

  static read(settings: AsOfSettings, input: StateReader): AsOfState {
    const state = new AsOfState(settings);
    state.#progress = MergedProgress.read(input);
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    const [left, right] = [readHeldRows(input), readHeldRows(input)];
    if (left !== undefined) state.#left.append(left, eventTimes(left.batch));
    if (right !== undefined) state.#right.append(right, eventTimes(right.batch));
    return state;
  }
}

/** The new rows of an input as one batch. */
function joinInput(batches: readonly StreamBatch[]): JoinInput {
  const rows = concatStreamBatches(batches);
  const marks = batches.flatMap(({ mark }): WatermarkMark[] => (mark === undefined ? [] : [mark]));
  return { rows, times: rows === undefined ? NONE : eventTimes(rows.batch), marks };
}

/** The rows that are not late. */
function inTime({ rows, times }: JoinInput, late: Uint8Array, lateRows: number): { rows: StreamBatch; times: Float64Array } | undefined {
  if (rows === undefined) return undefined;
  if (lateRows === 0) return { rows, times };
  const kept = rowsWhere(times.length, (row) => late[row] === 0);
  return { rows: takeStreamRows(rows, kept), times: Float64Array.from(kept, (row) => times[row] as number) };
}

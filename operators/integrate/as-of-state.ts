import { BatchMemory, concatBatches, rolesOf, selectColumns, withColumns } from '../../columnar/index.ts';
import {
  type AdoptedState,
  concatStreamBatches,
  MillraceError,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  takeStreamRows,
  type WatermarkMark,
  withBatch,
} from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { OutputOrder } from '../rows/output-order.ts';
import type { RefitRows } from '../rows/refit-rows.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { sameTypes } from '../rows/same-types.ts';
import { type JoinInput, MergedProgress } from './merged-progress.ts';
import { joinColumns, nullNumbers, type RightColumns } from './right-columns.ts';
import { type AsOfMatch, RightHistory } from './right-history.ts';
import { type Rises, riseAtEnd } from './rises.ts';
import { concatTimes, type TimedRows, WaitingRuns } from './waiting-runs.ts';

/** What a run of `joinAsOf` needs to know. */
export type AsOfSettings = RightColumns & AsOfMatch;

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
  readonly #left = new WaitingRuns();
  readonly #right: RightHistory;
  #progress = new MergedProgress();
  #order = new OutputOrder();

  constructor(settings: AsOfSettings) {
    this.#settings = settings;
    this.#right = new RightHistory(settings);
  }

  get heldRows(): number {
    return this.#left.size;
  }

  take(lefts: readonly StreamBatch[], rights: readonly StreamBatch[]): AsOfTurn {
    const left = joinInput(lefts);
    const right = joinInput(rights);
    const {
      rises,
      late: [lateLeft, lateRight],
    } = this.#progress.advance([left, right]);
    const fresh = inTime(right, lateRight);
    if (fresh !== undefined) this.#appendRight(fresh);
    const waiting = inTime(left, lateLeft);
    if (waiting !== undefined) this.#left.append(waiting.rows, waiting.times);
    const output = this.#release(this.#progress.watermark, rises);
    this.#right.forget(this.#reached);
    return {
      output,
      lateLeft: left.rows === undefined || lateLeft.length === 0 ? undefined : takeStreamRows(left.rows, lateLeft),
      lateRight: lateRight.length,
    };
  }

  end(): StreamBatch | undefined {
    return this.#release(Number.POSITIVE_INFINITY, riseAtEnd(this.#progress.lastOrdinal));
  }

  /** How far the watermark is that releases left rows: behind that of the inputs where the join looks forward. */
  get #reached(): number {
    return this.#progress.watermark - this.#slack;
  }

  get #slack(): number {
    return this.#settings.direction === 'backward' ? 0 : this.#settings.tolerance;
  }

  /** Of a right row time, key and wanted columns alone are kept. */
  #appendRight({ rows, times }: TimedRows): void {
    const { rightKey, columns } = this.#settings;
    const names = new Set([rolesOf(rows.batch.schema).eventTime, rightKey, ...columns].filter((name) => name !== undefined));
    this.#right.append(withBatch(rows, selectColumns(rows.batch, [...names] as never[])), times);
  }

  /** Puts out the left rows that the watermark of the inputs has passed. */
  #release(watermark: number, rises: Rises): StreamBatch | undefined {
    this.#right.reach(watermark);
    const parts = this.#left.release(watermark - this.#slack);
    const [first] = parts;
    if (first === undefined) return undefined;
    const times = parts.length === 1 ? first.times : concatTimes(parts);
    const memory = new BatchMemory(times.length);
    const left = concatBatches(sameTypes(parts.map(({ rows }) => rows.batch)), memory);
    const matches = this.#right.match(left, times, memory);
    const column = this.#right.hasColumns ? (name: string) => this.#right.column(name, matches) : undefined;
    // Each row goes out in the place of what let it go, in order of event time, which is the watermark therefore.
    const { ordinal, known } = rises.placesOf(times, this.#slack, memory);
    raiseTo(known, parts);
    return {
      batch: joinColumns(left, column, times.length, this.#settings),
      origin: first.rows.origin,
      ordinal,
      sub: this.#order.nextAll(ordinal, memory),
      watermark: times,
      availableAt: known,
    };
  }

  write(out: StateWriter): void {
    this.#progress.write(out);
    this.#order.write(out);
    writeHeldRows(out, this.#left.all());
    writeHeldRows(out, this.#right.all(this.#reached));
  }

  /**
   * Reads a state, also of version 1, which kept all columns of right rows, and the watermark of the output.
   *
   * @param refit for left rows, where they may have other columns than the next ones
   */
  static read(settings: AsOfSettings, input: StateReader, version: number, refit?: RefitRows): AsOfState {
    return AsOfState.#read(settings, input, { version, refit }, (right, missing) => {
      if (missing.length === 0) return right;
      throw new MillraceError('STATE_INCOMPATIBLE', `the right rows in the state have no column '${missing.join("', '")}'`);
    });
  }

  /** As {@link AsOfState.read}, but columns that the right rows in the state do not have are null there. */
  static adopt(settings: AsOfSettings, input: StateReader, version: number, refit: RefitRows | undefined): AdoptedState<AsOfState> {
    let fresh: readonly string[] = [];
    const state = AsOfState.#read(settings, input, { version, refit }, (right, missing) => {
      fresh = missing;
      const added = missing.map((column) => [column, nullNumbers(right.batch.numRows)]);
      return withBatch(right, withColumns(right.batch, Object.fromEntries(added)));
    });
    return { state, kept: settings.columns.filter((column) => !fresh.includes(column)), fresh };
  }

  static #read(
    settings: AsOfSettings,
    input: StateReader,
    { version, refit }: { readonly version: number; readonly refit: RefitRows | undefined },
    complete: (right: StreamBatch, missing: readonly string[]) => StreamBatch,
  ): AsOfState {
    const state = new AsOfState(settings);
    state.#progress = MergedProgress.read(input);
    state.#order = OutputOrder.read(input);
    if (version === 1) input.number();
    const [left, right] = [readHeldRows(input), readHeldRows(input)];
    if (left !== undefined) state.#left.append(left, eventTimes(left.batch));
    state.#left.refit = refit;
    if (right === undefined) return state;
    const isThere = (column: string) => right.batch.schema.fields.some(({ name }) => name === column);
    const { rightKey, columns } = settings;
    if (rightKey !== undefined && !isThere(rightKey))
      throw new MillraceError('STATE_INCOMPATIBLE', `the right rows in the state have no key '${rightKey}'`);
    const missing = columns.filter((column) => !isThere(column));
    state.#appendRight({ rows: complete(right, missing), times: eventTimes(right.batch) });
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
function inTime({ rows, times }: JoinInput, late: Int32Array): TimedRows | undefined {
  if (rows === undefined) return undefined;
  if (late.length === 0) return { rows, times };
  const isLate = new Set(late);
  const kept = rowsWhere(times.length, (row) => !isLate.has(row));
  return { rows: takeStreamRows(rows, kept), times: Float64Array.from(kept, (row) => times[row] as number) };
}

/** Raises the times to those at which rows that were derived from later ones could be known. */
function raiseTo(times: Float64Array, parts: readonly TimedRows[]): void {
  let at = 0;
  for (const { rows } of parts) {
    const { availableAt } = rows;
    for (let row = 0; row < (availableAt?.length ?? 0); row++)
      if ((availableAt?.[row] as number) > (times[at + row] as number)) times[at + row] = availableAt?.[row] as number;
    at += rows.ordinal.length;
  }
}

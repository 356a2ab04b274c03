import { float64Data, KeyInterner, ValidityBuilder, withColumns } from '../../columnar/index.ts';
import {
  concatStreamBatches,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  sliceStreamBatch,
  takeStreamRows,
} from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { type NeighborColumn, NeighborTable, neighborColumn } from './neighbor-table.ts';

/** What a run of `joinNeighbors` needs to know. */
export interface TickSettings {
  readonly key: string;
  readonly keys: readonly string[];
  readonly columns: readonly string[];
  readonly tolerance: number;
}

/** Columns of the rows released in one call, filled tick by tick. */
class Release {
  readonly ordinal: Float64Array;
  readonly sub: Int32Array;
  readonly availableAt: Float64Array;
  readonly neighborValues: readonly Float64Array[];
  rows = 0;

  constructor(capacity: number, neighborColumns: number) {
    this.ordinal = new Float64Array(capacity);
    this.sub = new Int32Array(capacity);
    this.availableAt = new Float64Array(capacity);
    this.neighborValues = Array.from({ length: neighborColumns }, () => new Float64Array(capacity));
  }
}

/** Rows that wait for their tick to be complete, and what neighbors said. */
export class TickState {
  readonly #table: NeighborTable;
  #held: StreamBatch | undefined;
  /** Several ticks may be released by rows of one ordinal. */
  #order = new OutputOrder();

  constructor(table: NeighborTable) {
    this.#table = table;
  }

  get heldRows(): number {
    return this.#held?.batch.numRows ?? 0;
  }

  /** Takes a batch; returns the rows whose ticks are complete. */
  append(input: StreamBatch, settings: TickSettings): StreamBatch {
    const from = this.heldRows;
    const joined = this.#held === undefined ? input : (concatStreamBatches([this.#held, input]) as StreamBatch);
    const rows = joined.batch.numRows;
    const times = eventTimes(joined.batch);
    const codes = new KeyInterner(settings.keys).codesOf(joined.batch, settings.key);
    const neighbors = codes.map((code) => (code < settings.keys.length ? code : -1));
    const views = settings.columns.map((column) => neighborColumn(joined.batch, column));
    const release = new Release(rows, settings.columns.length * settings.keys.length);
    for (let row = from; row < rows; row++) {
      const time = times[row] as number;
      if (time !== this.#table.tick || release.rows === row) {
        if (release.rows < row)
          this.#release(
            release,
            joined,
            row,
            { ordinal: joined.ordinal[row] as number, time: knownAt(joined, row, time) },
            times,
            settings,
          );
        this.#table.beginTick(time);
      }
      this.#table.report(neighbors[row] as number, views as NeighborColumn[], row);
      if (this.#table.complete)
        this.#release(
          release,
          joined,
          row + 1,
          { ordinal: joined.ordinal[row] as number, time: knownAt(joined, row, time) },
          times,
          settings,
        );
    }
    const { mark } = input;
    if (mark !== undefined && release.rows < rows && mark.watermark > this.#table.tick) {
      this.#release(release, joined, rows, { ordinal: mark.ordinal, time: mark.watermark }, times, settings);
    }
    this.#hold(joined, release.rows);
    return outputOf(joined, release, settings);
  }

  /** Puts out what is held at the end of the input. */
  end(settings: TickSettings): StreamBatch | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    const rows = held.batch.numRows;
    const release = new Release(rows, settings.columns.length * settings.keys.length);
    const closing = { ordinal: held.ordinal[rows - 1] as number, time: this.#table.tick };
    this.#release(release, held, rows, closing, eventTimes(held.batch), settings);
    this.#held = undefined;
    return outputOf(held, release, settings);
  }

  /** Completes the current tick: rows `release.rows` to `until` get their neighbors' values. */
  #release(
    release: Release,
    joined: StreamBatch,
    until: number,
    closing: { readonly ordinal: number; readonly time: number },
    times: Float64Array,
    { keys, columns, tolerance }: TickSettings,
  ): void {
    const from = release.rows;
    for (let neighbor = 0; neighbor < keys.length; neighbor++) {
      for (let column = 0; column < columns.length; column++) {
        const value = this.#table.valueOf(neighbor, column, tolerance);
        (release.neighborValues[column * keys.length + neighbor] as Float64Array).fill(value, from, until);
      }
    }
    for (let row = from; row < until; row++) {
      release.ordinal[row] = closing.ordinal;
      release.sub[row] = this.#order.next(closing.ordinal);
      release.availableAt[row] = Math.max(closing.time, joined.availableAt?.[row] ?? Number.NEGATIVE_INFINITY, times[row] as number);
    }
    release.rows = until;
  }

  #hold(joined: StreamBatch, from: number): void {
    const rows = joined.batch.numRows - from;
    const { mark: _mark, ...waiting } = joined;
    // A copy: a slice would keep the whole batch in memory.
    this.#held =
      rows === 0
        ? undefined
        : takeStreamRows(
            waiting,
            Int32Array.from({ length: rows }, (_, row) => from + row),
          );
  }

  write(out: StateWriter): void {
    this.#table.write(out);
    this.#order.write(out);
    writeHeldRows(out, this.#held);
  }

  static read(table: NeighborTable, input: StateReader): TickState {
    const state = new TickState(NeighborTable.read(table.neighbors, table.columns, input));
    state.#order = OutputOrder.read(input);
    state.#held = readHeldRows(input);
    return state;
  }
}

function outputOf(joined: StreamBatch, release: Release, { keys, columns }: TickSettings): StreamBatch {
  const { rows } = release;
  const kept = rows === joined.batch.numRows ? joined : sliceStreamBatch(joined, 0, rows);
  const added = columns.flatMap((column, at) =>
    keys.map((key, neighbor) => [
      `${column}_${key}`,
      nullableData((release.neighborValues[at * keys.length + neighbor] as Float64Array).subarray(0, rows)),
    ]),
  );
  const mark = joined.mark === undefined ? {} : { mark: joined.mark };
  return {
    ...kept,
    ...mark,
    batch: withColumns(kept.batch, Object.fromEntries(added)),
    ordinal: release.ordinal.subarray(0, rows),
    sub: release.sub.subarray(0, rows),
    availableAt: release.availableAt.subarray(0, rows),
  };
}

/** A float64 column with null where a value is NaN. */
function nullableData(values: Float64Array) {
  const nulls = new ValidityBuilder(values.length);
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) nulls.setNull(row);
  return float64Data(values, nulls);
}

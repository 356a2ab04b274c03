import { type Batch, numberView } from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import { isMissing } from '../keys/key-groups.ts';

/** What every neighbor said last, and who has reported in the current tick (the rows of one event time). */
export class NeighborTable {
  readonly neighbors: number;
  readonly columns: number;
  /** Per neighbor and column: value, and the event time it was said at. */
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  readonly #reported: Uint8Array;
  #reports = 0;
  /** Event time of the current tick; NaN before the first. */
  tick = Number.NaN;

  constructor(neighbors: number, columns: number) {
    this.neighbors = neighbors;
    this.columns = columns;
    this.#values = new Float64Array(neighbors * columns);
    this.#times = new Float64Array(neighbors * columns).fill(Number.NEGATIVE_INFINITY);
    this.#reported = new Uint8Array(neighbors);
  }

  beginTick(time: number): void {
    this.tick = time;
    this.#reported.fill(0);
    this.#reports = 0;
  }

  /** True when every neighbor has reported in the current tick. */
  get complete(): boolean {
    return this.#reports === this.neighbors;
  }

  /** Takes what a neighbor says in the current tick; a missing value leaves its last one. Neighbor -1 is none. */
  report(neighbor: number, views: readonly NeighborColumn[], row: number): void {
    if (neighbor < 0) return;
    if (this.#reported[neighbor] === 0) {
      this.#reported[neighbor] = 1;
      this.#reports++;
    }
    for (let column = 0; column < this.columns; column++) {
      const value = (views[column] as NeighborColumn)[row] as number;
      if (Number.isNaN(value)) continue;
      this.#values[neighbor * this.columns + column] = value;
      this.#times[neighbor * this.columns + column] = this.tick;
    }
  }

  /** A neighbor's value as of the current tick, at most `tolerance` old; NaN where it is silent. */
  valueOf(neighbor: number, column: number, tolerance: number): number {
    const at = neighbor * this.columns + column;
    const age = this.tick - (this.#times[at] as number);
    return age >= 0 && age <= tolerance ? (this.#values[at] as number) : Number.NaN;
  }

  write(out: StateWriter): void {
    out.numbers(this.#values).numbers(this.#times).numbers(this.#reported).number(this.tick);
  }

  static read(neighbors: number, columns: number, input: StateReader): NeighborTable {
    const table = new NeighborTable(neighbors, columns);
    table.#values.set(input.float64s());
    table.#times.set(input.float64s());
    table.#reported.set(input.bytes());
    table.#reports = table.#reported.reduce((sum, reported) => sum + reported, 0);
    table.tick = input.number();
    return table;
  }
}

/** A column's values by row, NaN where missing. */
export type NeighborColumn = Float64Array;

/** Reads a numeric column with NaN where it is missing. */
export function neighborColumn(batch: Batch, column: string): NeighborColumn {
  const { values, validity, length } = numberView(batch, column);
  const read = new Float64Array(length);
  for (let row = 0; row < length; row++) read[row] = isMissing(values, validity, row) ? Number.NaN : (values[row] as number);
  return read;
}

import { growMemory } from './grow-memory.ts';
import { createWindowRows, WINDOW_ROWS_START } from './window-rows.ts';

/** Units of a timestamp as [milliseconds in a unit, units in a millisecond], by Arrow's number of the unit: seconds, ms, us, ns. */
const UNITS = [
  [1_000n, 1n],
  [1n, 1n],
  [1n, 1_000n],
  [1n, 1_000_000n],
] as const;

const MILLISECONDS = 1;

/** The instants and watermarks of a batch's rows, in a memory of their own. */
export class TimedRows {
  readonly #kernel = createWindowRows(WINDOW_ROWS_START);
  #halves = new Int32Array(0);
  #times = new BigInt64Array(0);
  #marks = new Float64Array(0);
  #missing: Uint8Array | undefined;
  #room = 0;

  /**
   * Takes the rows of a batch in place of the last one's.
   *
   * @param unit Arrow's number of the unit of `times`
   * @param isMissing whether a row has no instant; undefined: all have one
   */
  load(times: BigInt64Array, unit: number, watermarks: Float64Array, isMissing?: (row: number) => boolean): void {
    const rows = watermarks.length;
    if (rows > this.#room) this.#reserve(rows);
    this.#times.set(times.length === rows ? times : times.subarray(0, rows));
    this.#marks.set(watermarks);
    const [factor, divisor] = UNITS[unit] as (typeof UNITS)[number];
    if (unit !== MILLISECONDS) this.#kernel.functions.toMilliseconds(WINDOW_ROWS_START, rows, factor, divisor);
    this.#missing = undefined;
    if (isMissing === undefined) return;
    this.#missing = new Uint8Array(rows);
    for (let row = 0; row < rows; row++) {
      if (!isMissing(row)) continue;
      this.#missing[row] = 1;
      // Before any stretch.
      this.#halves[2 * row] = 0;
      this.#halves[2 * row + 1] = -0x8000_0000;
    }
  }

  #reserve(rows: number): void {
    const { memory } = this.#kernel;
    growMemory(memory, WINDOW_ROWS_START + rows * 16);
    this.#room = rows;
    this.#times = new BigInt64Array(memory.buffer, WINDOW_ROWS_START, rows);
    this.#halves = new Int32Array(memory.buffer, WINDOW_ROWS_START, rows * 2);
    this.#marks = new Float64Array(memory.buffer, WINDOW_ROWS_START + rows * 8, rows);
  }

  /** The instant of a row in ms; NaN where it is missing. */
  at(row: number): number {
    if (this.#missing?.[row] === 1) return Number.NaN;
    return (this.#halves[2 * row + 1] as number) * 4294967296 + ((this.#halves[2 * row] as number) >>> 0);
  }

  /** The first row of `from` to `to` that does not lie from `start` to `end` (exclusive, both in ms), or whose watermark is `closes` or more; `to` where there is none. */
  stretchEnd(from: number, to: number, start: number, end: number, closes: number): number {
    return this.#kernel.functions.stretchEnd(WINDOW_ROWS_START, WINDOW_ROWS_START + this.#room * 8, from, to, start, end, closes);
  }
}

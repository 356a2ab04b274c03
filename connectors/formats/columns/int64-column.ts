import { type Data, Int64, makeData } from 'apache-arrow';
import { closeGaps, nullsOf, PRESENT } from './row-state.ts';

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** Collects 64-bit integers exactly, as two 32-bit halves: BigInts are made only for numbers beyond 2^53. */
export class Int64Column {
  readonly kind = 'int64';
  state = new Uint8Array(0);
  #halves = new Int32Array(0);

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.#halves = new Int32Array(capacity * 2);
  }

  /** Takes all rows at once, as pairs of low and high half; the states are set by the caller. */
  take(halves: Int32Array<ArrayBuffer>): void {
    this.#halves = halves;
  }

  /** Sets a row; false unless the value is a safe integer. */
  put(row: number, value: number): boolean {
    if (!Number.isSafeInteger(value)) return false;
    const high = Math.floor(value / 4294967296);
    this.#halves[2 * row] = value - high * 4294967296;
    this.#halves[2 * row + 1] = high;
    this.state[row] = PRESENT;
    return true;
  }

  /** Sets a row from decimal digits with an optional minus sign; false when it is no 64-bit integer. */
  putDigits(row: number, digits: string): boolean {
    if (!/^-?\d{1,40}$/.test(digits)) return false;
    const value = BigInt(digits);
    if (value < LOWEST || value > HIGHEST) return false;
    this.#halves[2 * row] = Number(value & 0xffffffffn);
    this.#halves[2 * row + 1] = Number(value >> 32n);
    this.state[row] = PRESENT;
    return true;
  }

  /** Leaves rows out, those named, ascending. */
  drop(gone: Int32Array, rows: number): void {
    closeGaps(this.#halves, gone, rows, 2);
    closeGaps(this.state, gone, rows);
  }

  finish(rows: number): Data {
    const nulls = nullsOf(this.state, rows);
    const data = new BigInt64Array(this.#halves.buffer, this.#halves.byteOffset, rows);
    return makeData({ type: new Int64(), length: rows, data, nullCount: nulls.nullCount, nullBitmap: nulls.finish() });
  }
}

import { Binary, type Data, type DataType, makeData } from 'apache-arrow';
import { NULL, nullsOf, PRESENT } from './row-state.ts';

/** Below this many bytes a loop copies faster than `set`. */
const SHORT = 48;

/** Collects strings (UTF-8 bytes, checked by the caller) or byte strings. */
export class TextColumn {
  readonly kind: 'text' | 'binary';
  readonly #type: DataType;
  state = new Uint8Array(0);
  #bytes = new Uint8Array(0);
  #offsets = new Int32Array(1);

  constructor(type: DataType) {
    this.#type = type;
    this.kind = type instanceof Binary ? 'binary' : 'text';
  }

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.#bytes = new Uint8Array(capacity * 16);
    this.#offsets = new Int32Array(capacity + 1);
  }

  /** Sets a row to bytes of a block. Rows are set in order; a row set again after a rejected record replaces it. */
  put(row: number, from: Uint8Array, start: number, end: number): void {
    const at = this.#startOf(row);
    const length = end - start;
    if (at + length > this.#bytes.length) this.#grow(at + length);
    if (length < SHORT) for (let i = 0; i < length; i++) this.#bytes[at + i] = from[start + i] as number;
    else this.#bytes.set(from.subarray(start, end), at);
    this.#offsets[row + 1] = at + length;
    this.state[row] = PRESENT;
  }

  /** Sets a row by its start and length in `pairs`; length -1: absent, -2: null. */
  putPair(row: number, from: Uint8Array, pairs: Int32Array): void {
    const start = pairs[2 * row] as number;
    const length = pairs[2 * row + 1] as number;
    if (length >= 0) this.put(row, from, start, start + length);
    else if (length === -2) this.state[row] = NULL;
  }

  /** Takes all rows at once: their bytes, Arrow's offsets into them and their states. */
  take(bytes: Uint8Array<ArrayBuffer>, offsets: Int32Array<ArrayBuffer>, state: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#offsets = offsets;
    this.state = state;
  }

  /** Begins, and sets `rows` rows at once by their pairs. */
  takeRows(from: Uint8Array, pairs: Int32Array, rows: number): void {
    let total = 0;
    for (let row = 0; row < rows; row++) total += Math.max(pairs[2 * row + 1] as number, 0);
    this.state = new Uint8Array(rows);
    this.#bytes = new Uint8Array(total);
    this.#offsets = new Int32Array(rows + 1);
    const bytes = this.#bytes;
    let at = 0;
    for (let row = 0; row < rows; row++) {
      const start = pairs[2 * row] as number;
      const length = pairs[2 * row + 1] as number;
      this.state[row] = length >= 0 ? PRESENT : length === -2 ? NULL : 0;
      if (length < SHORT) for (let i = 0; i < length; i++) bytes[at + i] = from[start + i] as number;
      else bytes.set(from.subarray(start, start + length), at);
      at += Math.max(length, 0);
      this.#offsets[row + 1] = at;
    }
  }

  /** Where the row's bytes begin: rows without a value have left gaps in the offsets, filled here. */
  #startOf(row: number): number {
    let last = row;
    while (last > 0 && this.state[last - 1] !== PRESENT) last--;
    const at = this.#offsets[last] as number;
    for (; last < row; last++) this.#offsets[last + 1] = at;
    return at;
  }

  #grow(size: number): void {
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  finish(rows: number): Data {
    const end = this.#startOf(rows);
    this.#offsets[rows] = end;
    const nulls = nullsOf(this.state, rows);
    return makeData({
      type: this.#type,
      length: rows,
      valueOffsets: this.#offsets.subarray(0, rows + 1),
      data: this.#bytes.subarray(0, end),
      nullCount: nulls.nullCount,
      nullBitmap: nulls.finish(),
    } as never);
  }
}

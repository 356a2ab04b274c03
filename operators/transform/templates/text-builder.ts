import type { Data, Utf8 } from 'apache-arrow';
import { utf8BytesData, ValidityBuilder } from '../../../columnar/index.ts';
import { doubled } from './token-table.ts';

const QUOTE = 34;
const BACKSLASH = 92;
/** Below so many bytes a loop beats the call of `set`. */
const FEW_BYTES = 24;

/** Builds a string column row by row out of bytes of UTF-8. */
export class TextBuilder {
  #bytes = new Uint8Array(1024);
  #length = 0;
  readonly #offsets: Int32Array;
  readonly #nulls: ValidityBuilder;
  #row = 0;

  constructor(rows: number) {
    this.#offsets = new Int32Array(rows + 1);
    this.#nulls = new ValidityBuilder(rows);
  }

  /** Ends the row with what was written since the last one. */
  endRow(): void {
    this.#offsets[++this.#row] = this.#length;
  }

  /** Makes the row null. */
  endNull(): void {
    this.#nulls.setNull(this.#row);
    this.endRow();
  }

  byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#bytes = doubled(this.#bytes, 0, Uint8Array);
    this.#bytes[this.#length++] = byte;
  }

  bytes(from: Uint8Array, start = 0, end = from.length): void {
    const length = end - start;
    if (this.#length + length > this.#bytes.length) this.#bytes = doubled(this.#bytes, this.#length + length, Uint8Array);
    const to = this.#bytes;
    const at = this.#length;
    if (length > FEW_BYTES) to.set(from.subarray(start, end), at);
    else for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
    this.#length = at + length;
  }

  /** Writes ASCII as the inside of a JSON string. */
  json(from: Uint8Array, start: number, end: number): void {
    const most = this.#length + LONGEST_ESCAPE * (end - start);
    if (most > this.#bytes.length) this.#bytes = doubled(this.#bytes, most, Uint8Array);
    const to = this.#bytes;
    let at = this.#length;
    for (let i = start; i < end; i++) {
      const byte = from[i] as number;
      if (byte < 32) {
        const written = ESCAPES[byte] as Uint8Array;
        to.set(written, at);
        at += written.length;
        continue;
      }
      if (byte === QUOTE || byte === BACKSLASH) to[at++] = BACKSLASH;
      to[at++] = byte;
    }
    this.#length = at;
  }

  finish(): Data<Utf8> {
    return utf8BytesData(this.#bytes.subarray(0, this.#length), this.#offsets, this.#nulls);
  }
}

/** As in `\\u0001`. */
const LONGEST_ESCAPE = 6;
/** How JSON writes control characters. */
const ESCAPES: readonly Uint8Array[] = Array.from({ length: 32 }, (_, code) =>
  new TextEncoder().encode(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);

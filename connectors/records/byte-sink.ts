import { damaged } from './damaged.ts';

/** No batch may unpack to more than this: a few hostile bytes could claim terabytes. */
export const MAX_UNPACKED = 512 * 1024 * 1024;

/** Unpacked bytes: grows as they come, and copies from what it already holds. */
export class ByteSink {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(Math.min(Math.max(capacity, 64), MAX_UNPACKED));
  }

  get length(): number {
    return this.#length;
  }

  /** Appends `source[from, from + length)`. */
  literal(source: Uint8Array, from: number, length: number): void {
    if (from + length > source.length) throw damaged(from, 'its packed data end early');
    this.#reserve(length);
    const bytes = this.#bytes;
    if (length > 32) bytes.set(source.subarray(from, from + length), this.#length);
    else for (let at = 0; at < length; at++) bytes[this.#length + at] = source[from + at] as number;
    this.#length += length;
  }

  /** Appends `length` bytes that begin `distance` bytes back; they may reach into what is being written. */
  copy(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length) throw damaged(this.#length, 'its packed data refer to bytes before their beginning');
    this.#reserve(length);
    const bytes = this.#bytes;
    const to = this.#length;
    if (distance >= length) bytes.copyWithin(to, to - distance, to - distance + length);
    else for (let at = to; at < to + length; at++) bytes[at] = bytes[at - distance] as number;
    this.#length = to + length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    if (needed > MAX_UNPACKED) throw damaged(this.#length, `its data unpack to more than ${MAX_UNPACKED} bytes`);
    const grown = new Uint8Array(Math.min(Math.max(this.#bytes.length * 2, needed), MAX_UNPACKED));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

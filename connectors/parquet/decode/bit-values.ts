import { copyBits, putBits } from './bitmaps.ts';
import { ENCODING, unknownEncoding } from './encodings.ts';
import type { PageMemory } from './page-memory.ts';
import { freshBytes, type PageScratch, type PartValues, type ValueBuffers, type ValuePage } from './part-values.ts';

/** Booleans, a bit each. */
export class BitValues implements PartValues {
  readonly #bits: Uint8Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.#bits = freshBytes((capacity + 7) >> 3);
  }

  shareDictionary(_other: BitValues): void {}

  setDictionary(_data: Uint8Array, _count: number, _scratch: PageScratch): void {
    throw new RangeError('booleans have no dictionary');
  }

  put({ encoding, data, rows, nulls }: ValuePage, at: number, pages: PageMemory): void {
    const bits = bitsOf(encoding, data, nulls?.present ?? rows, pages);
    if (nulls === undefined) copyBits(bits, 0, rows, this.#bits, at);
    else putBits(pages.spreadBits(bits, rows, nulls), this.#bits, at);
  }

  copyFrom(other: BitValues, from: number, count: number, at: number): void {
    copyBits(other.#bits, from, count, this.#bits, at);
  }

  finish(): ValueBuffers {
    return { values: this.#bits.buffer };
  }
}

function bitsOf(encoding: number, data: Uint8Array, count: number, pages: PageMemory): Uint8Array {
  if (encoding === ENCODING.plain) {
    if (data.length * 8 < count) throw new RangeError('a page has fewer values than its header says');
    return data;
  }
  if (encoding !== ENCODING.runs) throw unknownEncoding(encoding);
  const length = data.length < 4 ? -1 : new DataView(data.buffer, data.byteOffset).getInt32(0, true);
  if (length < 0 || length + 4 > data.length) throw new RangeError('runs are longer than their page');
  return pages.bits(data.subarray(4, 4 + length), count);
}

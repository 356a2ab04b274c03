import { codesOf, ENCODING, isCoded, unknownEncoding } from './encodings.ts';
import type { PageMemory } from './page-memory.ts';
import type { PageNulls, PageScratch, PartValues, ValueBuffers, ValuePage } from './part-values.ts';
import { copyBytes, plainTexts, type TextEntries } from './plain-texts.ts';

/** Strings or bytes row by row, however long. */
export class TextValues implements PartValues {
  readonly #offsets: Int32Array<ArrayBuffer>;
  readonly #isText: boolean;
  #bytes = new Uint8Array(1024);
  #dictionary: TextEntries = { bytes: new Uint8Array(0), offsets: new Int32Array(1) };

  constructor(capacity: number, isText: boolean) {
    this.#offsets = new Int32Array(capacity + 1);
    this.#isText = isText;
  }

  shareDictionary(other: TextValues): void {
    this.#dictionary = other.#dictionary;
  }

  setDictionary(data: Uint8Array, count: number, _scratch: PageScratch): void {
    this.#dictionary = plainTexts(data, count, this.#isText);
  }

  put(page: ValuePage, at: number, pages: PageMemory): void {
    if (isCoded(page.encoding)) this.#putCodes(page, at, pages);
    else if (page.encoding === ENCODING.plain) this.#putPlain(page, at);
    else throw unknownEncoding(page.encoding);
  }

  #putPlain({ data, rows, nulls }: ValuePage, at: number): void {
    const entries = plainTexts(data, nulls?.present ?? rows, this.#isText);
    const start = this.#offsets[at] as number;
    this.#reserve(start + entries.bytes.length);
    this.#bytes.set(entries.bytes, start);
    for (let row = 0, next = 0; row < rows; row++) {
      next += isValid(nulls, row);
      this.#offsets[at + row + 1] = start + (entries.offsets[next] as number);
    }
  }

  #putCodes({ data, rows, nulls }: ValuePage, at: number, pages: PageMemory): void {
    const { bytes, offsets } = this.#dictionary;
    const count = nulls?.present ?? rows;
    const { codes: packed, width } = codesOf(data, count);
    const words = pages.codes(packed, width, count, offsets.length - 1);
    const codes = new Int32Array(words.buffer, words.byteOffset, count);
    for (let row = 0, next = 0; row < rows; row++) {
      const start = this.#offsets[at + row] as number;
      let length = 0;
      if (isValid(nulls, row) === 1) {
        const code = codes[next++] as number;
        const from = offsets[code] as number;
        length = (offsets[code + 1] as number) - from;
        if (start + length > this.#bytes.length) this.#reserve(start + length);
        copyBytes(bytes, from, length, this.#bytes, start);
      }
      this.#offsets[at + row + 1] = start + length;
    }
  }

  copyFrom(other: TextValues, from: number, count: number, at: number): void {
    const start = this.#offsets[at] as number;
    const first = other.#offsets[from] as number;
    this.#reserve(start + (other.#offsets[from + count] as number) - first);
    this.#bytes.set(other.#bytes.subarray(first, other.#offsets[from + count]), start);
    for (let row = 0; row < count; row++) this.#offsets[at + row + 1] = start + (other.#offsets[from + row + 1] as number) - first;
  }

  finish(rows: number): ValueBuffers {
    return { offsets: this.#offsets, values: this.#bytes.slice(0, this.#offsets[rows]).buffer };
  }

  #reserve(length: number): void {
    // Offsets have 31 bits.
    if (length > 0x7fffffff) throw new RangeError('strings of more than 2 GB');
    if (length <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** 1 where the page's row is not null, else 0. */
function isValid(nulls: PageNulls | undefined, row: number): number {
  if (nulls === undefined) return 1;
  const bit = nulls.shift + row;
  return ((nulls.bits[bit >> 3] as number) >> (bit & 7)) & 1;
}

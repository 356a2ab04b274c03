import { BitValues } from './bit-values.ts';
import { copyBits, putBits } from './bitmaps.ts';
import { CodeValues } from './code-values.ts';
import type { DecodedColumn, PageScratch, PartValues, ValuePage } from './part-values.ts';
import { TextValues } from './text-values.ts';
import { WordValues } from './word-values.ts';

/**
 * How a column is decoded, by its Arrow type: words of 4 or 8 bytes, integers of 1 or 2 bytes (kept as 4 in the file), bits, strings or bytes, or codes
 * of a dictionary of strings.
 */
export type ColumnKind = 'bits' | 'int8' | 'int16' | 'words4' | 'words8' | 'text' | 'bytes' | 'codes';

const VALUES: Readonly<Record<ColumnKind, (capacity: number) => PartValues>> = {
  bits: (capacity) => new BitValues(capacity),
  int8: (capacity) => new WordValues(capacity, 4, Int8Array),
  int16: (capacity) => new WordValues(capacity, 4, Int16Array),
  words4: (capacity) => new WordValues(capacity, 4),
  words8: (capacity) => new WordValues(capacity, 8),
  text: (capacity) => new TextValues(capacity, true),
  bytes: (capacity) => new TextValues(capacity, false),
  codes: (capacity) => new CodeValues(capacity),
};

/** Rows of a column that are being decoded, up to a fixed number. */
export class ColumnPart {
  readonly kind: ColumnKind;
  readonly capacity: number;
  length = 0;
  #nullCount = 0;
  #validity: Uint8Array<ArrayBuffer> | undefined;
  readonly #values: PartValues;

  constructor(kind: ColumnKind, capacity: number) {
    this.kind = kind;
    this.capacity = capacity;
    this.#values = VALUES[kind](capacity);
  }

  shareDictionary(other: ColumnPart): void {
    this.#values.shareDictionary(other.#values);
  }

  setDictionary(data: Uint8Array, count: number, scratch: PageScratch): void {
    this.#values.setDictionary(data, count, scratch);
  }

  /** Adds the rows of a data page. */
  addPage(page: ValuePage, scratch: PageScratch): void {
    const { nulls, rows } = page;
    if (this.length + rows > this.capacity) throw new RangeError('a column has more rows than its row group');
    this.#values.put(page, this.length, scratch.pages);
    if (nulls !== undefined) this.#addNulls(rows, rows - nulls.present, (validity) => putBits(nulls.bits, validity, this.length));
    this.length += rows;
  }

  /** Adds rows of another part of the same column. */
  copyFrom(other: ColumnPart, from: number, count: number): void {
    this.shareDictionary(other);
    this.#values.copyFrom(other.#values, from, count, this.length);
    const bits = other.#validity;
    if (bits !== undefined) {
      let nulls = 0;
      for (let row = from; row < from + count; row++) nulls += 1 - (((bits[row >> 3] as number) >> (row & 7)) & 1);
      this.#addNulls(count, nulls, (validity) => copyBits(bits, from, count, validity, this.length));
    }
    this.length += count;
  }

  /** Bits of rows without nulls, and of rows that are still to come, are 1. */
  #addNulls(rows: number, nulls: number, put: (validity: Uint8Array) => void): void {
    this.#nullCount += nulls;
    this.#validity ??= new Uint8Array((this.capacity + 7) >> 3).fill(255);
    put(this.#validity);
    const end = this.length + rows;
    if ((end & 7) !== 0) this.#validity[end >> 3] = (this.#validity[end >> 3] as number) | (0xff << (end & 7));
  }

  finish(): DecodedColumn {
    const { length } = this;
    const nullCount = this.#nullCount;
    return { length, nullCount, ...(nullCount === 0 ? {} : { validity: this.#validity }), ...this.#values.finish(length) };
  }
}

import type { PageMemory } from './page-memory.ts';

/** Which rows of a page are null. */
export interface PageNulls {
  /** Number of the others. */
  readonly present: number;
  /** Bit of the first row. */
  readonly shift: number;
  /** A bit per row, 1 for those that are not null; before the first row 0. */
  readonly bits: Uint8Array;
}

/** A data page, as far as it concerns values. */
export interface ValuePage {
  readonly encoding: number;
  /** Values of the rows that are not null, one after another. */
  readonly data: Uint8Array;
  readonly rows: number;
  readonly nulls: PageNulls | undefined;
}

/** Buffers of decoded values; each begins its own memory, so that it moves between threads. */
export interface ValueBuffers {
  readonly values: ArrayBuffer;
  readonly offsets?: Int32Array<ArrayBuffer>;
  readonly dictionary?: DecodedColumn;
}

/** A decoded column. */
export interface DecodedColumn extends ValueBuffers {
  readonly length: number;
  readonly nullCount: number;
  readonly validity?: Uint8Array<ArrayBuffer>;
}

/** The values of some rows of a column, as they are being decoded. One class per layout. */
export interface PartValues {
  setDictionary(data: Uint8Array, count: number, scratch: PageScratch): void;
  /** Takes over the dictionary of another part of the same column. */
  shareDictionary(other: this): void;
  /** Puts the rows of a page at row `at`. */
  put(page: ValuePage, at: number, pages: PageMemory): void;
  /** Puts rows of another part of the same column at row `at`. */
  copyFrom(other: this, from: number, count: number, at: number): void;
  /** The buffers of the first `rows` rows. The part is not used after that. */
  finish(rows: number): ValueBuffers;
}

/** Where pages are decoded. */
export interface PageScratch {
  readonly pages: PageMemory;
  /** Whether other columns are decoded between the pages of one. */
  readonly takesTurns: boolean;
}

/** Memory that the caller fills in full: it is not cleared first. */
export function freshBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
}

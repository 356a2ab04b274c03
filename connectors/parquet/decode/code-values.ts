import { codesOf, isCoded, unknownEncoding } from './encodings.ts';
import type { PageMemory } from './page-memory.ts';
import { type DecodedColumn, freshBytes, type PageScratch, type PartValues, type ValueBuffers, type ValuePage } from './part-values.ts';
import { plainTexts, type TextEntries } from './plain-texts.ts';

const CODE_BYTES = 4;

/** Codes of a dictionary of strings. */
export class CodeValues implements PartValues {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #dictionary: TextEntries = { bytes: new Uint8Array(0), offsets: new Int32Array(1) };

  constructor(capacity: number) {
    this.#bytes = freshBytes(capacity * CODE_BYTES);
  }

  shareDictionary(other: CodeValues): void {
    this.#dictionary = other.#dictionary;
  }

  setDictionary(data: Uint8Array, count: number, _scratch: PageScratch): void {
    this.#dictionary = plainTexts(data, count, true);
  }

  put({ encoding, data, rows, nulls }: ValuePage, at: number, pages: PageMemory): void {
    if (!isCoded(encoding)) throw unknownEncoding(encoding);
    const count = nulls?.present ?? rows;
    const { codes, width } = codesOf(data, count);
    const values = pages.codes(codes, width, count, this.#dictionary.offsets.length - 1);
    this.#bytes.set(nulls === undefined ? values : pages.spread(values, rows, nulls, CODE_BYTES), at * CODE_BYTES);
  }

  copyFrom(other: CodeValues, from: number, count: number, at: number): void {
    this.#bytes.set(other.#bytes.subarray(from * CODE_BYTES, (from + count) * CODE_BYTES), at * CODE_BYTES);
  }

  finish(): ValueBuffers {
    return { values: this.#bytes.buffer, dictionary: dictionaryColumn(this.#dictionary) };
  }
}

/** Copied: every batch of the column has one, and each moves to another thread. */
function dictionaryColumn({ bytes, offsets }: TextEntries): DecodedColumn {
  return { length: offsets.length - 1, nullCount: 0, offsets: offsets.slice(), values: bytes.slice().buffer };
}

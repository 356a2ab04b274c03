import { codesOf, ENCODING, isCoded, unknownEncoding } from './encodings.ts';
import type { EntryBytes, PageMemory } from './page-memory.ts';
import { freshBytes, type PageScratch, type PartValues, type ValueBuffers, type ValuePage } from './part-values.ts';

const NO_ENTRIES: EntryBytes = { length: 0, copy: new Uint8Array(0) };

/** Integers that the file keeps in more bytes than their type has. */
export type Narrower = Int8ArrayConstructor | Int16ArrayConstructor;

/** Values of four or eight bytes. */
export class WordValues implements PartValues {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #size: 4 | 8;
  readonly #narrower: Narrower | undefined;
  #dictionary = NO_ENTRIES;

  /** `size`: bytes per value. */
  constructor(capacity: number, size: 4 | 8, narrower?: Narrower) {
    this.#bytes = freshBytes(capacity * size);
    this.#size = size;
    this.#narrower = narrower;
  }

  shareDictionary(other: WordValues): void {
    this.#dictionary = other.#dictionary;
  }

  setDictionary(data: Uint8Array, count: number, { pages, takesTurns }: PageScratch): void {
    this.#dictionary = pages.loadEntries(data, count * this.#size, takesTurns);
  }

  put(page: ValuePage, at: number, pages: PageMemory): void {
    const values = this.#valuesOf(page, pages);
    this.#bytes.set(page.nulls === undefined ? values : pages.spread(values, page.rows, page.nulls, this.#size), at * this.#size);
  }

  /** Those of the rows that are not null, one after another. */
  #valuesOf({ encoding, data, rows, nulls }: ValuePage, pages: PageMemory): Uint8Array {
    const count = nulls?.present ?? rows;
    if (isCoded(encoding)) {
      const { codes, width } = codesOf(data, count);
      return pages.entriesOf(codes, width, count, this.#dictionary, this.#size);
    }
    if (encoding !== ENCODING.plain) throw unknownEncoding(encoding);
    if (data.length < count * this.#size) throw new RangeError('a page has fewer values than its header says');
    return data.subarray(0, count * this.#size);
  }

  copyFrom(other: WordValues, from: number, count: number, at: number): void {
    this.#bytes.set(other.#bytes.subarray(from * this.#size, (from + count) * this.#size), at * this.#size);
  }

  finish(): ValueBuffers {
    const { buffer } = this.#bytes;
    return { values: this.#narrower === undefined ? buffer : new this.#narrower(new Int32Array(buffer)).buffer };
  }
}

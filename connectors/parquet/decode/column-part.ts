import { readHybrid, unpackBits } from './hybrid-runs.ts';
import { plainTexts, type TextEntries, TextValues } from './text-values.ts';
import type { Scratch } from './unpack-page.ts';
import { WordValues } from './word-values.ts';

/**
 * How a column is decoded, by its Arrow type: words of 4 or 8 bytes, integers of 1 or 2 bytes (kept as 4 in the file), bits, strings or bytes, or codes
 * of a dictionary of strings.
 */
export type ColumnKind = 'bits' | 'int8' | 'int16' | 'words4' | 'words8' | 'text' | 'bytes' | 'codes';

/** A decoded column: plain buffers that begin their own memory, so that they move between threads. */
export interface DecodedColumn {
  readonly length: number;
  readonly nullCount: number;
  readonly validity?: Uint8Array<ArrayBuffer>;
  readonly offsets?: Int32Array<ArrayBuffer>;
  readonly values: ArrayBuffer;
  readonly dictionary?: DecodedColumn;
}

const ENCODING = { plain: 0, plainDictionary: 2, runs: 3, dictionary: 8 } as const;
const isCoded = (encoding: number) => encoding === ENCODING.dictionary || encoding === ENCODING.plainDictionary;

/** Encodings that are decoded here: plain, dictionary, and runs (of booleans). */
export const KNOWN_ENCODINGS: ReadonlySet<number> = new Set<number>([0, 2, 3, 4, 8]);

/** Rows of a column that are being decoded, up to a fixed number. */
export class ColumnPart {
  readonly kind: ColumnKind;
  readonly capacity: number;
  length = 0;
  nullCount = 0;
  #validity: Uint8Array<ArrayBuffer> | undefined;
  readonly #words: WordValues | undefined;
  readonly #texts: TextValues | undefined;
  #dictionary: TextEntries | undefined;

  constructor(kind: ColumnKind, capacity: number) {
    this.kind = kind;
    this.capacity = capacity;
    if (kind === 'text' || kind === 'bytes') this.#texts = new TextValues(capacity, kind === 'text');
    else this.#words = new WordValues(capacity, kind === 'words8' ? 8 : 4);
  }

  shareDictionary(other: ColumnPart): void {
    this.#texts?.shareDictionary(other.#texts as TextValues);
    this.#words?.shareDictionary(other.#words as WordValues);
    this.#dictionary = other.#dictionary;
  }

  setDictionary(data: Uint8Array, count: number): void {
    if (this.kind === 'codes') this.#dictionary = plainTexts(data, count, true);
    else if (this.#texts !== undefined) this.#texts.setDictionary(data, count);
    else this.#words?.setDictionary(data, count);
  }

  /** Adds the rows of a data page, of which `present` are not null. `levels` is undefined where none is null. */
  addPage(
    page: { encoding: number; data: Uint8Array },
    rows: number,
    present: number,
    levels: Int32Array | undefined,
    scratch: Scratch,
  ): void {
    if (this.length + rows > this.capacity) throw new RangeError('a column has more rows than its row group');
    const at = this.length;
    if (levels !== undefined) this.#noteNulls(levels, rows);
    if (this.#texts !== undefined) this.#addTexts(this.#texts, page, rows, present, levels, scratch);
    else {
      this.#addWords(this.#words as WordValues, page, present, scratch);
      if (levels !== undefined) this.#words?.spread(levels, rows, present, at);
    }
    this.length += rows;
  }

  #addTexts(
    texts: TextValues,
    { encoding, data }: { encoding: number; data: Uint8Array },
    rows: number,
    present: number,
    levels: Int32Array | undefined,
    scratch: Scratch,
  ): void {
    if (isCoded(encoding)) texts.putCodes(codesOf(data, present, texts.entries, scratch), rows, this.length, levels);
    else if (encoding === ENCODING.plain) texts.putPlain(data, rows, present, this.length, levels);
    else throw unknownEncoding(encoding);
  }

  #addWords(words: WordValues, { encoding, data }: { encoding: number; data: Uint8Array }, present: number, scratch: Scratch): void {
    const at = this.length;
    if (this.kind === 'bits') words.words.set(bitsOf(encoding, data, present, scratch).subarray(0, present), at);
    else if (this.kind === 'codes') {
      if (!isCoded(encoding)) throw unknownEncoding(encoding);
      const codes = codesOf(data, present, (this.#dictionary?.offsets.length ?? 1) - 1, scratch);
      words.words.set(codes.subarray(0, present), at);
    } else if (isCoded(encoding)) words.putCodes(data.subarray(1), widthOf(data, present), present, at, scratch.pages);
    else if (encoding === ENCODING.plain) words.putPlain(data, present, at);
    else throw unknownEncoding(encoding);
  }

  #noteNulls(levels: Int32Array, rows: number): void {
    this.#validity ??= new Uint8Array(Math.ceil(this.capacity / 8)).fill(255);
    const validity = this.#validity;
    const end = this.length + rows;
    // Bits before the first row stand, those after the last are set until their rows come.
    let byte = (validity[this.length >> 3] ?? 0) & ((1 << (this.length & 7)) - 1);
    for (let at = this.length, row = 0; at < end; at++, row++) {
      const level = levels[row] as number;
      byte |= level << (at & 7);
      this.nullCount += 1 - level;
      if ((at & 7) !== 7) continue;
      validity[at >> 3] = byte;
      byte = 0;
    }
    if ((end & 7) !== 0) validity[end >> 3] = byte | (0xff << (end & 7));
  }

  /** Adds rows of another part of the same column. */
  copyFrom(other: ColumnPart, from: number, count: number): void {
    const at = this.length;
    this.shareDictionary(other);
    this.#words?.copyFrom(other.#words as WordValues, from, count, at);
    this.#texts?.copyFrom(other.#texts as TextValues, from, count, at);
    if (other.#validity !== undefined) {
      const validity = other.#validity;
      this.#noteNulls(
        Int32Array.from({ length: count }, (_, row) => ((validity[(from + row) >> 3] as number) >> ((from + row) & 7)) & 1),
        count,
      );
    }
    this.length += count;
  }

  finish(): DecodedColumn {
    const { length, nullCount } = this;
    const nulls = { length, nullCount, ...(nullCount === 0 ? {} : { validity: this.#validity }) };
    if (this.#texts !== undefined) return { ...nulls, offsets: this.#texts.offsets, values: this.#texts.bytes(length).buffer };
    const { words } = this.#words as WordValues;
    if (this.kind === 'codes') return { ...nulls, values: words.buffer, dictionary: dictionaryColumn(this.#dictionary) };
    if (this.kind === 'bits') return { ...nulls, values: packBits(words, length) };
    if (this.kind === 'int8') return { ...nulls, values: new Int8Array(words).buffer };
    if (this.kind === 'int16') return { ...nulls, values: new Int16Array(words).buffer };
    return { ...nulls, values: words.buffer };
  }
}

/** Copied: every batch of the column has one, and each moves to another thread. */
function dictionaryColumn(entries: TextEntries | undefined): DecodedColumn {
  if (entries === undefined) return { length: 0, nullCount: 0, offsets: new Int32Array(1), values: new ArrayBuffer(0) };
  const { bytes, offsets } = entries;
  return { length: offsets.length - 1, nullCount: 0, offsets: offsets.slice(), values: bytes.slice().buffer };
}

/** Codes begin with their width in bits. */
function widthOf(data: Uint8Array, count: number): number {
  const width = count === 0 ? 0 : data[0];
  if (width === undefined) throw new RangeError('a page ends too early');
  return width;
}

const codesOf = (data: Uint8Array, count: number, entries: number, scratch: Scratch): Int32Array =>
  scratch.pages.codes(data.subarray(1), widthOf(data, count), count, entries);

function bitsOf(encoding: number, data: Uint8Array, count: number, scratch: Scratch): Int32Array {
  const bits = scratch.numbers(count);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (encoding === ENCODING.plain) {
    if (data.length * 8 < count) throw new RangeError('a page has fewer values than its header says');
    unpackBits(view, 0, 1, count, bits, 0);
  } else if (encoding === ENCODING.runs) {
    const length = data.length < 4 ? -1 : view.getInt32(0, true);
    if (length < 0 || length + 4 > data.length) throw new RangeError('runs are longer than their page');
    readHybrid(data.subarray(4, 4 + length), 1, count, bits);
  } else throw unknownEncoding(encoding);
  return bits;
}

function packBits(bits: Int32Array, length: number): ArrayBuffer {
  const packed = new Uint8Array(Math.ceil(length / 8));
  for (let row = 0; row < length; row++) packed[row >> 3] = (packed[row >> 3] as number) | (((bits[row] as number) & 1) << (row & 7));
  return packed.buffer;
}

const unknownEncoding = (encoding: number) => new RangeError(`values of encoding ${encoding}`);

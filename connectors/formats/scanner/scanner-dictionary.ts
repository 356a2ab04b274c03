import { type Data, makeData, Utf8, Vector } from 'apache-arrow';
import { categoryData } from '../../../columnar/index.ts';
import { closeGaps, nullsOf, PRESENT } from '../columns/index.ts';
import type { ScannerMemory } from './scanner-memory.ts';

/** A dictionary beyond these sizes is given up before the next block: a column of ever new strings must not grow without bound. */
const MOST_ENTRIES = 16_384;
const MOST_BYTES = 4 * 1024 * 1024;
/** Words of the header: size, mask, slots, entries, bytes, used. */
const HEADER_WORDS = 6;
const ENTRY_WORDS = 3;

/** A category column whose dictionary lies in the scanner's memory; strings of records that the scanner refused are added from here. */
export class ScannerDictionary {
  readonly kind = 'category';
  readonly #memory: ScannerMemory;
  /** Position of the header. */
  readonly header: number;
  #entryCapacity = 0;
  #byteCapacity = 0;
  #vector: Vector<Utf8> | undefined;
  #vectorSize = -1;
  state = new Uint8Array(0);
  codes = new Int32Array(0);

  constructor(memory: ScannerMemory) {
    this.#memory = memory;
    this.header = memory.keep(HEADER_WORDS * 4);
  }

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.codes = new Int32Array(capacity);
  }

  /** Makes room for what a block of so many records and bytes may bring: twice, since a refused record is read again. */
  reserve(records: number, recordBytes: number): void {
    const entries = records * 2;
    const bytes = recordBytes * 2;
    const [size, used] = this.#sizes();
    if (size > MOST_ENTRIES || used > MOST_BYTES) this.#empty();
    const [nowSize, nowUsed] = this.#sizes();
    if (nowSize + entries > this.#entryCapacity) this.#growEntries((nowSize + entries) * 2);
    if (nowUsed + bytes + 8 > this.#byteCapacity) this.#growBytes((nowUsed + bytes) * 2 + 64);
  }

  #sizes(): readonly [size: number, used: number] {
    const words = this.#memory.words(this.header, HEADER_WORDS);
    return [words[0] as number, words[5] as number];
  }

  #empty(): void {
    const words = this.#memory.words(this.header, HEADER_WORDS);
    this.#memory.words(words[2] as number, (words[1] as number) + 1).fill(0);
    words[0] = 0;
    words[5] = 0;
    this.#vectorSize = -1;
  }

  #growEntries(capacity: number): void {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(capacity, 64) * 2));
    const slotsAt = this.#memory.keep(slots * 4);
    const entriesAt = this.#memory.keep(capacity * ENTRY_WORDS * 4);
    const words = this.#memory.words(this.header, HEADER_WORDS);
    const known = this.#memory.words(words[3] as number, (words[0] as number) * ENTRY_WORDS);
    this.#memory.words(entriesAt, known.length).set(known);
    this.#memory.words(slotsAt, slots).fill(0);
    words.set([slots - 1, slotsAt, entriesAt], 1);
    this.#entryCapacity = capacity;
    this.#memory.functions.rehash(this.header);
  }

  #growBytes(capacity: number): void {
    const at = this.#memory.keep(capacity);
    const words = this.#memory.words(this.header, HEADER_WORDS);
    this.#memory.bytes(at, words[5] as number).set(this.#memory.bytes(words[4] as number, words[5] as number));
    words[4] = at;
    this.#byteCapacity = capacity;
  }

  /** Sets a row to UTF-8 bytes; room was made by `reserve`. */
  put(row: number, from: Uint8Array, start: number, end: number): void {
    // Between blocks the space above what is kept is free; the block in work keeps its own place below.
    const at = this.#memory.place(end - start + 8);
    this.#memory.bytes(at, end - start).set(from.subarray(start, end));
    this.codes[row] = this.#memory.functions.codeOf(this.header, at, end - start);
    this.state[row] = PRESENT;
  }

  /** Leaves rows out, those named, ascending. */
  drop(gone: Int32Array, rows: number): void {
    closeGaps(this.codes, gone, rows);
    closeGaps(this.state, gone, rows);
  }

  finish(rows: number): Data {
    return categoryData(this.codes.subarray(0, rows), this.#entries(), nullsOf(this.state, rows));
  }

  /** All entries as an Arrow vector; the same object as long as nothing was added. */
  #entries(): Vector<Utf8> {
    const words = this.#memory.words(this.header, HEADER_WORDS);
    const size = words[0] as number;
    if (this.#vector !== undefined && this.#vectorSize === size) return this.#vector;
    const entries = this.#memory.words(words[3] as number, size * ENTRY_WORDS);
    const valueOffsets = new Int32Array(size + 1);
    for (let code = 0; code < size; code++)
      valueOffsets[code + 1] = (valueOffsets[code] as number) + (entries[code * ENTRY_WORDS + 1] as number);
    const data = this.#memory.bytes(words[4] as number, words[5] as number).slice();
    this.#vector = new Vector([makeData({ type: new Utf8(), length: size, nullCount: 0, valueOffsets, data })]);
    this.#vectorSize = size;
    return this.#vector;
  }
}

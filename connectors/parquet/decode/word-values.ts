/**
 * Values of four or eight bytes, as words of four: eight bytes are moved as two words, because a float64 could lose the bits of a NaN, and BigInts are slow.
 */
export class WordValues {
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #isWide: boolean;
  #dictionary: Int32Array = new Int32Array(0);
  #entries = 0;

  /** `width`: bytes per value, 4 or 8. */
  constructor(capacity: number, width: 4 | 8) {
    this.#isWide = width === 8;
    this.#words = new Int32Array((capacity * width) / 4);
  }

  get buffer(): ArrayBuffer {
    return this.#words.buffer;
  }

  get words(): Int32Array<ArrayBuffer> {
    return this.#words;
  }

  /** Takes over the dictionary of another part of the same column. */
  shareDictionary(other: WordValues): void {
    this.#dictionary = other.#dictionary;
    this.#entries = other.#entries;
  }

  setDictionary(data: Uint8Array, count: number): void {
    this.#dictionary = wordsOf(data, count * this.#width);
    this.#entries = count;
  }

  get #width(): number {
    return this.#isWide ? 8 : 4;
  }

  /** Puts `count` values at row `at`, one after another. */
  putPlain(data: Uint8Array, count: number, at: number): void {
    const length = count * this.#width;
    if (data.length < length) throw new RangeError('a page has fewer values than its header says');
    new Uint8Array(this.#words.buffer).set(data.subarray(0, length), at * this.#width);
  }

  putCodes(codes: Int32Array, count: number, at: number): void {
    checkCodes(codes, count, this.#entries);
    if (this.#isWide) gatherPairs(this.#words, at, this.#dictionary, codes, count);
    else gatherWords(this.#words, at, this.#dictionary, codes, count);
  }

  /** Moves values that stand one after another at row `at` to the rows whose level is 1; the others become 0. */
  spread(levels: Int32Array, rows: number, present: number, at: number): void {
    if (this.#isWide) spreadPairs(this.#words, levels, rows, present, at);
    else spreadWords(this.#words, levels, rows, present, at);
  }

  copyFrom(other: WordValues, from: number, count: number, at: number): void {
    const words = this.#width / 4;
    this.#words.set(other.#words.subarray(from * words, (from + count) * words), at * words);
  }
}

/** A copy that begins at a multiple of four, as words. */
function wordsOf(data: Uint8Array, length: number): Int32Array {
  if (data.length < length) throw new RangeError('a dictionary has fewer entries than its header says');
  return new Int32Array(data.slice(0, length).buffer, 0, length / 4);
}

/** @throws RangeError for a code that no entry has. */
export function checkCodes(codes: Int32Array, count: number, entries: number): void {
  let wrong = 0;
  // Negative codes are large when taken as unsigned.
  for (let i = 0; i < count; i++) if ((codes[i] as number) >>> 0 >= entries) wrong = 1;
  if (wrong !== 0) throw new RangeError('a value is not in the dictionary');
}

function gatherPairs(out: Int32Array, at: number, entries: Int32Array, codes: Int32Array, count: number): void {
  for (let i = 0, to = 2 * at; i < count; i++, to += 2) {
    const from = 2 * (codes[i] as number);
    out[to] = entries[from] as number;
    out[to + 1] = entries[from + 1] as number;
  }
}

function gatherWords(out: Int32Array, at: number, entries: Int32Array, codes: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) out[at + i] = entries[codes[i] as number] as number;
}

function spreadPairs(words: Int32Array, levels: Int32Array, rows: number, present: number, at: number): void {
  // Backwards, so that no value is overwritten before it was moved.
  let from = at + present;
  for (let row = rows - 1; row >= 0; row--) {
    const to = 2 * (at + row);
    const has = levels[row] === 1;
    if (has) from--;
    words[to + 1] = has ? (words[2 * from + 1] as number) : 0;
    words[to] = has ? (words[2 * from] as number) : 0;
  }
}

function spreadWords(words: Int32Array, levels: Int32Array, rows: number, present: number, at: number): void {
  let from = at + present;
  for (let row = rows - 1; row >= 0; row--) {
    const has = levels[row] === 1;
    if (has) from--;
    words[at + row] = has ? (words[from] as number) : 0;
  }
}

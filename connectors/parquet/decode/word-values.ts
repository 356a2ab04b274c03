import type { PageMemory } from './page-memory.ts';

/**
 * Values of four or eight bytes, as words of four: eight bytes are moved as two words, because a float64 could lose the bits of a NaN, and BigInts are slow.
 */
export class WordValues {
  readonly #words: Int32Array<ArrayBuffer>;
  readonly #isWide: boolean;
  #dictionary: Int32Array = new Int32Array(0);

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
  }

  setDictionary(data: Uint8Array, count: number): void {
    this.#dictionary = wordsOf(data, count * this.#width);
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

  /** Puts the entries that codes of `width` bits stand for. */
  putCodes(data: Uint8Array, width: number, count: number, at: number, pages: PageMemory): void {
    const perEntry = this.#isWide ? 2 : 1;
    this.#words.set(pages.entriesOf(data, width, count, this.#dictionary, perEntry), at * perEntry);
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

/** Without branches: which values are null cannot be foreseen. */
function spreadPairs(words: Int32Array, levels: Int32Array, rows: number, present: number, at: number): void {
  // Backwards, so that no value is overwritten before it was moved.
  let from = at + present;
  for (let row = rows - 1; row >= 0; row--) {
    const to = 2 * (at + row);
    const level = levels[row] as number;
    from -= level;
    words[to + 1] = (words[2 * from + 1] as number) & -level;
    words[to] = (words[2 * from] as number) & -level;
  }
}

function spreadWords(words: Int32Array, levels: Int32Array, rows: number, present: number, at: number): void {
  let from = at + present;
  for (let row = rows - 1; row >= 0; row--) {
    const level = levels[row] as number;
    from -= level;
    words[at + row] = (words[from] as number) & -level;
  }
}

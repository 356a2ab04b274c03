import { createPageFunctions, PAGES_START, type PageFunctions } from '../../../kernels/index.ts';

/** Kernels may read and write this much beyond a region. */
const SPARE = 64;
const PAGE = 65_536;

/** What one page needs, bytes. */
interface Needs {
  readonly packed: number;
  readonly unpacked: number;
  readonly values: number;
  readonly entries: number;
}

/**
 * Memory of the page kernels, laid out anew when a page needs more than those before: packed | unpacked | codes | values | dictionary entries.
 * Views of it hold until the next `prepare`.
 */
export class PageMemory {
  readonly #functions: PageFunctions;
  readonly #memory: WebAssembly.Memory;
  #sizes: Needs = { packed: 0, unpacked: 0, values: 0, entries: 0 };
  #packed = PAGES_START;
  #unpacked = PAGES_START;
  #codes = PAGES_START;
  #values = PAGES_START;
  #entries = PAGES_START;
  /** The dictionary whose entries are in the memory. */
  #dictionary: Int32Array | undefined;

  constructor() {
    const { functions, memory } = createPageFunctions();
    this.#functions = functions;
    this.#memory = memory;
  }

  /** Makes room for a page. */
  prepare(needs: Needs): void {
    const { packed, unpacked, values, entries } = this.#sizes;
    if (needs.packed <= packed && needs.unpacked <= unpacked && needs.values <= values && needs.entries <= entries) return;
    this.#sizes = {
      packed: grown(packed, needs.packed),
      unpacked: grown(unpacked, needs.unpacked),
      values: grown(values, needs.values),
      entries: grown(entries, needs.entries),
    };
    this.#layOut();
  }

  #layOut(): void {
    const { packed, unpacked, values, entries } = this.#sizes;
    this.#unpacked = after(this.#packed, packed);
    this.#codes = after(this.#unpacked, unpacked);
    this.#values = after(this.#codes, values * 4);
    this.#entries = after(this.#values, values * 8);
    const missing = after(this.#entries, entries) - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#dictionary = undefined;
  }

  /** Unpacks raw Snappy data of `length` bytes; undefined when they are none. */
  unpackSnappy(data: Uint8Array, length: number): Uint8Array | undefined {
    new Uint8Array(this.#memory.buffer, this.#packed, data.length).set(data);
    if (this.#functions.unpackSnappy(this.#packed, data.length, this.#unpacked, length) === 0) return undefined;
    return new Uint8Array(this.#memory.buffer, this.#unpacked, length);
  }

  /**
   * Reads codes of `width` bits. The result holds until the next page.
   *
   * @throws RangeError when the bytes end too early, or a code is none of `entries`.
   */
  codes(data: Uint8Array, width: number, count: number, entries: number): Int32Array {
    this.#readCodes(data, width, count, entries);
    return new Int32Array(this.#memory.buffer, this.#codes, count);
  }

  /** The dictionary entries that codes of `width` bits stand for, as words: `perEntry` of four bytes each. */
  entriesOf(data: Uint8Array, width: number, count: number, dictionary: Int32Array, perEntry: 1 | 2): Int32Array {
    this.#readCodes(data, width, count, dictionary.length / perEntry);
    if (this.#dictionary !== dictionary) {
      new Int32Array(this.#memory.buffer, this.#entries, dictionary.length).set(dictionary);
      this.#dictionary = dictionary;
    }
    const gather = perEntry === 2 ? this.#functions.gatherPairs : this.#functions.gatherWords;
    gather(this.#codes, count, this.#entries, this.#values);
    return new Int32Array(this.#memory.buffer, this.#values, count * perEntry);
  }

  #readCodes(data: Uint8Array, width: number, count: number, entries: number): void {
    if (width > 32) throw new RangeError(`codes of ${width} bits`);
    const largest = this.#functions.readRuns(this.#addressOf(data), data.length, width, count, this.#codes);
    if (largest < 0) throw new RangeError('runs of codes end too early');
    if (largest >= entries && count > 0) throw new RangeError('a value is not in the dictionary');
  }

  #addressOf(data: Uint8Array): number {
    if (data.buffer === this.#memory.buffer) return data.byteOffset;
    new Uint8Array(this.#memory.buffer, this.#unpacked, data.length).set(data);
    return this.#unpacked;
  }
}

const grown = (size: number, needed: number) => (needed <= size ? size : Math.ceil(needed * 1.25));
const after = (start: number, size: number) => Math.ceil((start + size + SPARE) / 8) * 8;

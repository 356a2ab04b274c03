import type { PageFunctions, PageProgram } from '../../../kernels/index.ts';
import type { PageNulls } from './part-values.ts';

/** Kernels may read and write this much beyond a region. */
const SPARE = 64;
const PAGE = 65_536;

/** What one page needs: bytes of its dictionary's entries, bytes packed or unpacked, and values. */
interface Needs {
  readonly entries: number;
  readonly bytes: number;
  readonly values: number;
}

/** A dictionary of values of fixed width. Whoever takes turns with other readers keeps its bytes. */
export interface EntryBytes {
  readonly length: number;
  readonly copy: Uint8Array | undefined;
}

/**
 * Memory of the page kernels, laid out anew when a page needs more than those before: window | entries | packed | unpacked | bits of levels | codes | values.
 * Views of it hold until the next `prepare` or `window`; what lies in the window and the entries stay beyond that, until others are loaded.
 */
export class PageMemory {
  readonly #functions: PageFunctions;
  readonly #memory: WebAssembly.Memory;
  #sizes: Needs = { entries: 0, bytes: 0, values: 0 };
  readonly #window: number;
  #windowSize = 0;
  #entries: number;
  #packed = 0;
  #unpacked = 0;
  #levels = 0;
  #codes = 0;
  #values = 0;
  /** The dictionary whose entries are in the memory. */
  #loaded: EntryBytes | undefined;

  constructor({ module, start }: PageProgram) {
    this.#memory = new WebAssembly.Memory({ initial: 1 });
    this.#functions = new WebAssembly.Instance(module, { env: { memory: this.#memory } }).exports as unknown as PageFunctions;
    this.#window = start;
    this.#entries = start;
    this.#layOut(this.#sizes);
  }

  /** Makes room for a page. */
  prepare(needs: Needs): void {
    const { entries, bytes, values } = this.#sizes;
    if (needs.entries <= entries && needs.bytes <= bytes && needs.values <= values) return;
    this.#sizes = { entries: grown(entries, needs.entries), bytes: grown(bytes, needs.bytes), values: grown(values, needs.values) };
    this.#layOut(this.#sizes);
  }

  /** Room for bytes as they are in the file: those between `start` and `end`. */
  window(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (end > this.#windowSize) {
      const { entries } = this.#sizes;
      const before = this.#entries;
      this.#windowSize = grown(this.#windowSize, end);
      this.#entries = after(this.#window, this.#windowSize);
      this.#layOut(this.#sizes);
      new Uint8Array(this.#memory.buffer).copyWithin(this.#entries, before, before + entries);
    }
    return this.#view(this.#window + start, end - start);
  }

  #layOut({ entries, bytes, values }: Needs): void {
    this.#packed = after(this.#entries, entries);
    this.#unpacked = after(this.#packed, bytes);
    this.#levels = after(this.#unpacked, bytes);
    this.#codes = after(this.#levels, (values >> 3) + 2);
    // Room for values in both: they move to and fro.
    this.#values = after(this.#codes, values * 8);
    const missing = after(this.#values, values * 8) - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }

  /** Where a page of `length` bytes is unpacked, and what may be overwritten after it. */
  room(length: number, isDictionary: boolean): Uint8Array {
    if (isDictionary) this.#loaded = undefined;
    return this.#view(isDictionary ? this.#entries : this.#unpacked, length + SPARE);
  }

  /** Takes over an unpacked page. */
  put(data: Uint8Array, isDictionary: boolean): Uint8Array {
    if (isDictionary) this.#loaded = undefined;
    const view = this.#view(isDictionary ? this.#entries : this.#unpacked, data.length);
    view.set(data);
    return view;
  }

  /** Unpacks raw Snappy data of `length` bytes; undefined when they are none. Entries of a dictionary lie elsewhere than values, so that they stay. */
  unpackSnappy(data: Uint8Array, length: number, isDictionary = false): Uint8Array | undefined {
    const out = isDictionary ? this.#entries : this.#unpacked;
    if (isDictionary) this.#loaded = undefined;
    if (this.#functions.unpackSnappy(this.#addressOf(data, this.#packed), data.length, out, length) === 0) return undefined;
    return this.#view(out, length);
  }

  /** Makes bytes the entries that `entriesOf` looks up. */
  loadEntries(data: Uint8Array, length: number, keepsCopy: boolean): EntryBytes {
    if (data.length < length) throw new RangeError('a dictionary has fewer entries than its header says');
    const bytes = data.subarray(0, length);
    if (data.buffer !== this.#memory.buffer || data.byteOffset !== this.#entries) this.#view(this.#entries, length).set(bytes);
    this.#loaded = { length, copy: keepsCopy ? bytes.slice() : undefined };
    return this.#loaded;
  }

  /**
   * Reads the definition levels of a flat column's rows; undefined where all are valid.
   *
   * @throws RangeError when the bytes end too early, or a level is neither 0 nor 1.
   */
  nulls(data: Uint8Array, rows: number, shift: number): PageNulls | undefined {
    const present = this.#readBits(data, this.#packed, rows, this.#levels, shift);
    return present === rows ? undefined : { present, shift, bits: this.#view(this.#levels, (shift + rows + 7) >> 3) };
  }

  /**
   * Reads codes of `width` bits, as words.
   *
   * @throws RangeError when the bytes end too early, or a code is none of `entries`.
   */
  codes(data: Uint8Array, width: number, count: number, entries: number): Uint8Array {
    if (width > 32) throw new RangeError(`codes of ${width} bits`);
    const largest = this.#functions.readRuns(this.#addressOf(data, this.#unpacked), data.length, width, count, this.#codes);
    if (largest < 0) throw new RangeError('runs of codes end too early');
    if (largest >= entries && count > 0) throw new RangeError('a value is not in the dictionary');
    return this.#view(this.#codes, count * 4);
  }

  /** The dictionary entries of `size` bytes that codes of `width` bits stand for. */
  entriesOf(data: Uint8Array, width: number, count: number, entries: EntryBytes, size: 4 | 8): Uint8Array {
    this.codes(data, width, count, Math.floor(entries.length / size));
    if (this.#loaded !== entries) this.#view(this.#entries, entries.length).set(entries.copy as Uint8Array);
    this.#loaded = entries;
    const gather = size === 8 ? this.#functions.gatherPairs : this.#functions.gatherWords;
    gather(this.#codes, count, this.#entries, this.#values);
    return this.#view(this.#values, count * size);
  }

  /** A bitmap of bits in run lengths and bit packing. */
  bits(data: Uint8Array, count: number): Uint8Array {
    this.#readBits(data, this.#unpacked, count, this.#codes, 0);
    return this.#view(this.#codes, (count + 7) >> 3);
  }

  /** Values of `size` bytes that stand one after another at the places of valid rows, 0 at those of nulls. */
  spread(values: Uint8Array, rows: number, { shift }: PageNulls, size: 4 | 8): Uint8Array {
    const from = this.#addressOf(values, this.#unpacked);
    const out = from === this.#codes ? this.#values : this.#codes;
    const spread = size === 8 ? this.#functions.spreadPairs : this.#functions.spreadWords;
    spread(from, this.#levels, shift, rows, out);
    return this.#view(out, rows * size);
  }

  /** A bitmap of `rows` bits from bit `shift` on, of bits that stand one after another. */
  spreadBits(bits: Uint8Array, rows: number, { shift }: PageNulls): Uint8Array {
    this.#functions.spreadBits(this.#addressOf(bits, this.#unpacked), this.#levels, shift, rows, this.#values);
    return this.#view(this.#values, (shift + rows + 7) >> 3);
  }

  #readBits(data: Uint8Array, region: number, count: number, out: number, shift: number): number {
    const ones = this.#functions.readBits(this.#addressOf(data, region), data.length, count, out, shift);
    if (ones === -1) throw new RangeError('runs of levels or booleans end too early');
    if (ones < 0) throw new RangeError('a flat column has nested values');
    return ones;
  }

  /** Where data lie in the memory; data from elsewhere are copied to a region. */
  #addressOf(data: Uint8Array, region: number): number {
    if (data.buffer === this.#memory.buffer) return data.byteOffset;
    this.#view(region, data.length).set(data);
    return region;
  }

  #view(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, address, length);
  }
}

const grown = (size: number, needed: number) => (needed <= size ? size : Math.ceil(needed * 1.25));
const after = (start: number, size: number) => Math.ceil((start + size + SPARE) / 8) * 8;

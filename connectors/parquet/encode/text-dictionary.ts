import { slotBytes } from './chunk-values.ts';
import type { EncodeMemory, Needs } from './encode-memory.ts';
import type { PageOutput } from './page-output.ts';
import type { TextRange } from './text-range.ts';

/** Bytes of an entry: offset, length, hash. */
const ENTRY = 12;

/** Distinct strings in the order of first sight, in the kernels' memory. Header: kernels/assembly/byte-dictionary.ts. */
export class TextDictionary {
  readonly #memory: EncodeMemory;

  /** What up to `entries` strings of up to `bytes` in all need. */
  static needs(entries: number, bytes: number): Needs {
    const page = bytes + entries * 4;
    return { slots: slotBytes(entries), entries: entries * ENTRY, bytes, present: page, packed: 64 + page + Math.ceil(page / 6) };
  }

  /** An empty one; there has to be room for `entries`. */
  constructor(memory: EncodeMemory, entries: number) {
    this.#memory = memory;
    const slots = slotBytes(entries);
    memory.bytes(memory.at('slots'), slots).fill(0);
    const header = new Uint32Array([0, slots / 4 - 1, memory.at('slots'), memory.at('entries'), memory.at('bytes'), 0]);
    memory.load('header', new Uint8Array(header.buffer));
  }

  get size(): number {
    return this.#memory.view('header', 4).getUint32(0, true);
  }

  get bytes(): number {
    return this.#memory.view('header', 24).getUint32(20, true);
  }

  /** Writes the first `size` strings as a page, and adds them to a range. */
  write(size: number, range: TextRange, output: PageOutput): void {
    const { functions } = this.#memory;
    const header = this.#memory.at('header');
    if (size > 0) {
      functions.rangeEntries(header, size, this.#memory.at('state'));
      const state = this.#memory.view('state', 8);
      range.add(this.#entry(state.getUint32(0, true)), this.#entry(state.getUint32(4, true)));
    }
    const page = this.#memory.at('present');
    output.dictionaryPage(size, page, functions.writeEntries(header, size, page));
  }

  #entry(code: number): Uint8Array {
    const entry = new DataView(this.#memory.bytes(0, 0).buffer, this.#memory.at('entries') + code * ENTRY, ENTRY);
    return this.#memory.bytes(this.#memory.at('bytes') + entry.getUint32(0, true), entry.getUint32(4, true));
  }
}

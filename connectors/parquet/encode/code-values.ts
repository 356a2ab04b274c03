import type { ChunkSetting, ChunkValues, PageRows, PageValues, ValueRange } from './chunk-values.ts';
import { writeCodes } from './chunk-values.ts';
import type { DictionaryPart } from './packed-rows.ts';
import type { PageOutput } from './page-output.ts';
import { TextDictionary } from './text-dictionary.ts';
import { TextRange } from './text-range.ts';

/** Strings that came as codes of dictionaries: one dictionary of those that occur, in the order of first sight. */
export class CodeValues implements ChunkValues {
  readonly #setting: ChunkSetting;
  readonly #parts: readonly DictionaryPart[];
  readonly #range = new TextRange();
  readonly #dictionary: TextDictionary;
  /** The part whose dictionary is in the memory. */
  #loaded: DictionaryPart | undefined;

  constructor(setting: ChunkSetting) {
    const { memory, column, rows, longest } = setting;
    this.#setting = setting;
    this.#parts = column.dictionaries ?? [];
    const sizes = this.#parts.map(({ offsets }) => offsets.length);
    const bytes = this.#parts.map((part) => part.bytes.length);
    const largest = Math.max(1, ...sizes);
    const entries = Math.min(
      rows,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    memory.prepare({
      input: longest.rows * 4,
      codes: longest.rows * 4 + 32,
      givenOffsets: largest * 4,
      map: largest * 4,
      givenBytes: Math.max(0, ...bytes),
    });
    const needs = TextDictionary.needs(
      entries,
      bytes.reduce((sum, size) => sum + size, 0),
    );
    memory.prepare(needs);
    this.#dictionary = new TextDictionary(memory, entries);
  }

  page({ from, to, validity }: PageRows, out: number): PageValues {
    const { memory, column } = this.#setting;
    const codes = memory.at('codes');
    let count = 0;
    for (const [index, part] of this.#parts.entries()) {
      const first = Math.max(from, part.from);
      const end = Math.min(to, this.#parts[index + 1]?.from ?? to);
      if (first >= end) continue;
      const at = codes + count * 4;
      const given = column.values.subarray(first * 4, end * 4);
      const added = validity === 0 ? this.#load(given, at) : this.#present(given, { from, first, end }, at);
      this.#map(part, at, added);
      count += added;
    }
    return { areCodes: true, length: writeCodes(memory, codes, count, this.#dictionary.size, out) };
  }

  #load(given: Uint8Array, at: number): number {
    this.#setting.memory.bytes(at, given.length).set(given);
    return given.length / 4;
  }

  /** Bits are taken from whole bytes on: rows before a part that begins within one are of the part before it. */
  #present(given: Uint8Array, { from, first, end }: { from: number; first: number; end: number }, at: number): number {
    const { memory, column } = this.#setting;
    const skip = (first - from) & 7;
    const bits = (column.validity as Uint8Array).slice((first - skip) >> 3, (end + 7) >> 3);
    bits[0] = (bits[0] as number) & (0xff << skip);
    const input = memory.at('input');
    memory.bytes(input + skip * 4, given.length).set(given);
    return memory.functions.present4(input, memory.load('validity', bits), end - first + skip, at);
  }

  #map(part: DictionaryPart, codes: number, count: number): void {
    const { memory, plan } = this.#setting;
    const size = part.offsets.length - 1;
    if (this.#loaded !== part) {
      memory.load('givenOffsets', new Uint8Array(part.offsets.buffer, part.offsets.byteOffset, part.offsets.byteLength));
      memory.load('givenBytes', part.bytes);
      memory.bytes(memory.at('map'), size * 4).fill(0);
      this.#loaded = part;
    }
    const header = memory.at('header');
    const given = [memory.at('givenOffsets'), memory.at('givenBytes')] as const;
    if (memory.functions.mapCodes(header, ...given, size, memory.at('map'), codes, count) === 0)
      throw new RangeError(`column '${plan.name}' has a code beyond its dictionary of ${size} strings`);
  }

  /** Written even when it is empty: a reader asks for it. */
  finish(output: PageOutput): void {
    this.#dictionary.write(this.#dictionary.size, this.#range, output);
  }

  range(): ValueRange | undefined {
    return this.#range.found();
  }
}

import {
  type ChunkSetting,
  type ChunkValues,
  codedAsLongAsItPays,
  type PageRows,
  type PageValues,
  type ValueRange,
  writeCodes,
} from './chunk-values.ts';
import type { PageOutput } from './page-output.ts';
import { TextDictionary } from './text-dictionary.ts';
import { TextRange } from './text-range.ts';

/** At least so many bytes per entry count, so that a million empty strings are too many as well. */
const LEAST_ENTRY = 8;

/** Strings and bytes, plain or by code. */
export class TextValues implements ChunkValues {
  readonly #setting: ChunkSetting;
  readonly #range = new TextRange();
  #before = 0;
  #dictionary: TextDictionary | undefined;
  /** Of codes that were written. */
  #size = 0;

  constructor(setting: ChunkSetting) {
    const { memory, plan, rows, longest, limits } = setting;
    this.#setting = setting;
    memory.prepare({ input: (longest.rows + 1) * 4, texts: longest.textBytes });
    if (plan.dictionary === 'never') return;
    const entries = Math.min(rows, limits.dictionaryBytes / LEAST_ENTRY + longest.rows);
    memory.prepare({ codes: longest.rows * 4 + 32, ...TextDictionary.needs(entries, limits.dictionaryBytes + longest.textBytes) });
    this.#dictionary = new TextDictionary(memory, entries);
  }

  page(rows: PageRows, out: number, output: PageOutput): PageValues {
    const { memory, column } = this.#setting;
    const { from, to, validity, present } = rows;
    const own = (column.offsets as Int32Array).subarray(from, to + 1);
    const offsets = memory.load('input', new Uint8Array(own.buffer, own.byteOffset, own.byteLength));
    const texts = memory.load('texts', column.values.subarray(own[0], own[to - from]));
    if (this.#dictionary !== undefined) {
      const coded = this.#codedPage(this.#dictionary, rows, offsets, texts, out);
      this.#before += present;
      if (coded !== undefined) return { areCodes: true, length: coded };
      this.finish(output);
    }
    if (present > 0) this.#addRange(rows, offsets, texts);
    return { areCodes: false, length: memory.functions.plainTexts(offsets, texts, validity, to - from, out) };
  }

  #codedPage(dictionary: TextDictionary, rows: PageRows, offsets: number, texts: number, out: number): number | undefined {
    const { memory, plan, limits } = this.#setting;
    if (Math.max(dictionary.bytes, dictionary.size * LEAST_ENTRY) > limits.dictionaryBytes) return undefined;
    const codes = memory.at('codes');
    const header = memory.at('header');
    const code = (from: number, to: number) =>
      memory.functions.codeTexts(
        header,
        offsets + from * 4,
        texts + this.#bytesBefore(rows.from, from),
        rows.validity,
        to - from,
        codes + from * 4,
      );
    // Where strings are missing, a part of those that are there has no place of its own: all or nothing.
    const isCoded = codedAsLongAsItPays(
      plan,
      { present: rows.present, before: this.#before, isDivisible: rows.validity === 0 },
      rows.validity === 0 ? code : () => code(0, rows.to - rows.from),
      () => dictionary.size,
    );
    if (!isCoded) return undefined;
    this.#size = dictionary.size;
    return writeCodes(memory, codes, rows.present, this.#size, out);
  }

  #bytesBefore(page: number, row: number): number {
    const offsets = this.#setting.column.offsets as Int32Array;
    return (offsets[page + row] as number) - (offsets[page] as number);
  }

  #addRange({ from, to, validity }: PageRows, offsets: number, texts: number): void {
    const { memory, column } = this.#setting;
    memory.functions.rangeTexts(offsets, texts, validity, to - from, memory.at('state'));
    const state = memory.view('state', 8);
    const own = column.offsets as Int32Array;
    const text = (row: number) => column.values.subarray(own[from + row], own[from + row + 1]);
    this.#range.add(text(state.getInt32(0, true)), text(state.getInt32(4, true)));
  }

  finish(output: PageOutput): void {
    if (output.isWaiting) this.#dictionary?.write(this.#size, this.#range, output);
    this.#dictionary = undefined;
  }

  range(): ValueRange | undefined {
    return this.#range.found();
  }
}

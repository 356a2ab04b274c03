import {
  type ChunkSetting,
  type ChunkValues,
  codedAsLongAsItPays,
  type PageRows,
  type PageValues,
  slotBytes,
  type ValueRange,
  writeCodes,
} from './chunk-values.ts';
import type { WordOrder } from './packed-rows.ts';
import type { PageOutput } from './page-output.ts';
import { WordRange } from './word-range.ts';

/** Numbers of four or eight bytes, plain or by code. */
export class WordValues implements ChunkValues {
  readonly #setting: ChunkSetting;
  readonly #width: 4 | 8;
  readonly #range: WordRange;
  /** Values of the pages before. */
  #before = 0;
  /** Of codes that were written; undefined when there is no dictionary, or no more. */
  #size: number | undefined;

  constructor(setting: ChunkSetting) {
    const { memory, plan, rows, longest, limits } = setting;
    this.#setting = setting;
    this.#width = plan.layout === 'words8' ? 8 : 4;
    this.#range = new WordRange(memory, plan.order as WordOrder);
    const bytes = longest.rows * 8;
    memory.prepare({ input: bytes, present: bytes });
    if (plan.dictionary === 'never') return;
    const most = Math.min(rows, limits.dictionaryBytes / this.#width);
    memory.prepare({ codes: bytes, entries: most * this.#width, slots: slotBytes(most), packed: most * this.#width * 2 });
    const header = new Uint32Array([0, most, 0, memory.at('slots'), memory.at('entries')]);
    memory.functions.clearWords(memory.load('header', new Uint8Array(header.buffer)));
    this.#size = 0;
  }

  page(rows: PageRows, out: number, output: PageOutput): PageValues {
    const { memory, column } = this.#setting;
    const { from, to, validity, present } = rows;
    const given = column.values.subarray(from * this.#width, to * this.#width);
    const length = present * this.#width;
    if (this.#size !== undefined) {
      const coded = this.#codedPage(rows, given, out);
      this.#before += present;
      if (coded !== undefined) return { areCodes: true, length: coded };
      this.finish(output);
    }
    if (validity === 0) memory.bytes(out, given.length).set(given);
    else this.#gather(given, rows, out);
    this.#range.add(out, present);
    return { areCodes: false, length };
  }

  #gather(given: Uint8Array, { from, to, validity }: PageRows, out: number): void {
    const { memory } = this.#setting;
    const present = this.#width === 8 ? memory.functions.present8 : memory.functions.present4;
    present(memory.load('input', given), validity, to - from, out);
  }

  #codedPage(rows: PageRows, given: Uint8Array, out: number): number | undefined {
    const { memory, plan } = this.#setting;
    const values = memory.at('present');
    if (rows.validity === 0) memory.load('present', given);
    else this.#gather(given, rows, values);
    const codes = memory.at('codes');
    const code = this.#width === 8 ? memory.functions.codeWords8 : memory.functions.codeWords4;
    const header = memory.at('header');
    const isCoded = codedAsLongAsItPays(
      plan,
      { present: rows.present, before: this.#before, isDivisible: true },
      (from, to) => code(header, values + from * this.#width, to - from, codes + from * 4),
      () => this.#entries,
    );
    if (!isCoded) return undefined;
    this.#size = this.#entries;
    return writeCodes(memory, codes, rows.present, this.#size, out);
  }

  get #entries(): number {
    return this.#setting.memory.view('header', 4).getUint32(0, true);
  }

  finish(output: PageOutput): void {
    const size = this.#size;
    this.#size = undefined;
    if (size === undefined || !output.isWaiting) return;
    const entries = this.#setting.memory.at('entries');
    this.#range.add(entries, size);
    output.dictionaryPage(size, entries, size * this.#width);
  }

  range(): ValueRange | undefined {
    return this.#range.found();
  }
}

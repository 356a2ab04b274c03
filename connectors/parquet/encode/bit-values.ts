import type { ChunkSetting, ChunkValues, PageRows, PageValues, ValueRange } from './chunk-values.ts';

/** Booleans: plain bits, lowest first. */
export class BitValues implements ChunkValues {
  readonly #setting: ChunkSetting;
  #count = 0;
  #set = 0;

  constructor(setting: ChunkSetting) {
    this.#setting = setting;
    setting.memory.prepare({ input: Math.ceil(setting.longest.rows / 8) });
  }

  page({ from, to, validity, present }: PageRows, out: number): PageValues {
    const { memory, column } = this.#setting;
    const bits = column.values.subarray(from >> 3, (to + 7) >> 3);
    const length = Math.ceil(present / 8);
    if (validity === 0) memory.bytes(out, bits.length).set(bits);
    else memory.functions.presentBits(memory.load('input', bits), validity, to - from, out);
    this.#count += present;
    this.#set += memory.functions.countBits(out, present);
    return { areCodes: false, length };
  }

  finish(): void {}

  range(): ValueRange | undefined {
    if (this.#count === 0) return undefined;
    return { least: Uint8Array.of(this.#set === this.#count ? 1 : 0), most: Uint8Array.of(this.#set > 0 ? 1 : 0) };
  }
}

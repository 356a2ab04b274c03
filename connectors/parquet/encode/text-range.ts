import type { ValueRange } from './chunk-values.ts';

/** Longer strings are left out of the statistics, which readers hold in memory. */
const LONGEST = 256;

/** Smallest and largest of strings, by their bytes. */
export class TextRange {
  #least: Uint8Array | undefined;
  #most: Uint8Array | undefined;

  /** Adds a smallest and a largest string; they are copied. */
  add(least: Uint8Array, most: Uint8Array): void {
    if (this.#least === undefined || Buffer.compare(least, this.#least) < 0) this.#least = least.slice();
    if (this.#most === undefined || Buffer.compare(most, this.#most) > 0) this.#most = most.slice();
  }

  found(): ValueRange | undefined {
    if (this.#least === undefined || this.#most === undefined) return undefined;
    return this.#least.length > LONGEST || this.#most.length > LONGEST ? undefined : { least: this.#least, most: this.#most };
  }
}

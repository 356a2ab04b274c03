import type { StateReader, StateWriter } from '../../streams/index.ts';

/** `width` float64 values for each group, one group after another; grown by doubling. */
export class PerKey {
  readonly width: number;
  readonly #initial: number;
  #values: Float64Array;
  #groups = 0;

  constructor(width: number, initial = 0, values?: Float64Array) {
    this.width = width;
    this.#initial = initial;
    this.#values = values ?? new Float64Array(0);
    this.#groups = width === 0 ? 0 : this.#values.length / width;
  }

  /** All values, with room for `groups` groups: read this once per batch, after the groups of the batch are known. */
  reserve(groups: number): Float64Array {
    if (groups > this.#groups) {
      if (groups * this.width > this.#values.length) {
        const grown = new Float64Array(Math.max(this.#values.length * 2, groups * this.width)).fill(this.#initial);
        grown.set(this.#values.subarray(0, this.#groups * this.width));
        this.#values = grown;
      }
      this.#groups = groups;
    }
    return this.#values;
  }

  write(out: StateWriter): void {
    out.numbers(this.#values, this.#groups * this.width);
  }

  static read(width: number, initial: number, input: StateReader): PerKey {
    return new PerKey(width, initial, input.float64s());
  }
}

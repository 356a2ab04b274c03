import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { GroupedState } from './living-keys.ts';

/** `width` float64 values for each group, one group after another; grown by doubling. */
export class PerKey implements GroupedState {
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

  keepGroups(kept: Int32Array): void {
    const { width } = this;
    let count = 0;
    for (const group of kept) {
      if (group >= this.#groups) break;
      if (group !== count) this.#values.copyWithin(count * width, group * width, (group + 1) * width);
      count++;
    }
    this.#values.fill(this.#initial, count * width, this.#groups * width);
    this.#groups = count;
    if (this.#values.length > 4 * count * width) this.#values = this.#values.slice(0, 2 * count * width);
  }

  write(out: StateWriter): void {
    out.numbers(this.#values, this.#groups * this.width);
  }

  static read(width: number, initial: number, input: StateReader): PerKey {
    return new PerKey(width, initial, input.float64s());
  }
}

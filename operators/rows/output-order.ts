import { BatchMemory } from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';

/** Numbers the rows that an operator makes: those of one ordinal follow each other by `sub`, also when several calls put them out. */
export class OutputOrder {
  #ordinal = Number.NEGATIVE_INFINITY;
  #sub = 0;

  /** The `sub` of the next row of `ordinal`; ordinals never fall. */
  next(ordinal: number): number {
    this.#sub = ordinal === this.#ordinal ? this.#sub + 1 : 0;
    this.#ordinal = ordinal;
    return this.#sub;
  }

  /** The `sub` of several rows that follow each other. */
  nextAll(ordinals: Float64Array, memory = new BatchMemory(0)): Int32Array {
    const subs = memory.array(Int32Array, ordinals.length);
    let last = this.#ordinal;
    let sub = this.#sub;
    for (let row = 0; row < subs.length; row++) {
      const ordinal = ordinals[row] as number;
      sub = ordinal === last ? sub + 1 : 0;
      last = ordinal;
      subs[row] = sub;
    }
    this.#ordinal = last;
    this.#sub = sub;
    return subs;
  }

  /** The ordinal numbered last. */
  get ordinal(): number {
    return this.#ordinal;
  }

  write(out: StateWriter): void {
    out.number(this.#ordinal).number(this.#sub);
  }

  static read(input: StateReader): OutputOrder {
    const order = new OutputOrder();
    order.#ordinal = input.number();
    order.#sub = input.number();
    return order;
  }
}

import type { Data } from 'apache-arrow';
import { takeData } from '../../columnar/index.ts';

/** Results that are null, by aggregate and slot: the aggregate was added when the window had rows already, so that it has not seen all of them. */
export class UnknownResults {
  readonly #slots = new Map<number, Set<number>>();

  add(aggregate: number, slots: Iterable<number>): void {
    const known = this.#slots.get(aggregate) ?? new Set();
    for (const slot of slots) known.add(slot);
    if (known.size > 0) this.#slots.set(aggregate, known);
  }

  /** Slots are empty again. */
  clear(slots: Int32Array): void {
    for (const [aggregate, unknown] of this.#slots) {
      for (const slot of slots) unknown.delete(slot);
      if (unknown.size === 0) this.#slots.delete(aggregate);
    }
  }

  /** What each slot of `from` holds was added to the one of `into` at the same place. */
  merge(from: Int32Array, into: Int32Array): void {
    for (const unknown of this.#slots.values())
      from.forEach((slot, index) => {
        if (unknown.has(slot)) unknown.add(into[index] as number);
      });
  }

  /** Places of the slots whose result is null. */
  placesIn(aggregate: number, slots: Int32Array): Int32Array {
    const unknown = this.#slots.get(aggregate);
    return unknown === undefined
      ? new Int32Array(0)
      : slots.map((_, place) => place).filter((place) => unknown.has(slots[place] as number));
  }

  /** Results with null for those that are not known. */
  mask(aggregate: number, slots: Int32Array, results: Data): Data {
    const unknown = this.#slots.get(aggregate);
    if (unknown === undefined) return results;
    return takeData(
      results,
      slots.map((slot, row) => (unknown.has(slot) ? -1 : row)),
    );
  }
}

import { freshArray } from '../../columnar/index.ts';

type Numbers = Float64Array | Int32Array | Uint8Array;
type ArrayKind<A> = Parameters<typeof freshArray<A>>[0];

/** A typed array to which values are added, grown by doubling. What {@link all} has given out stays as it was. */
export class GrowingNumbers<A extends Numbers> {
  readonly #make: ArrayKind<A>;
  #values: A;
  length = 0;

  /** @param room for so many values at first */
  constructor(make: ArrayKind<A>, room = 64) {
    this.#make = make;
    this.#values = freshArray(make, Math.max(room, 1));
  }

  /** How many values there is room for. */
  get room(): number {
    return this.#values.length;
  }

  /** The values at `places`, as an array of their own with room for as many more as this one has. */
  keep(places: Int32Array): GrowingNumbers<A> {
    const kept = new GrowingNumbers(this.#make, Math.max(this.room, places.length));
    const from = this.#values;
    const to = kept.#values;
    for (let i = 0; i < places.length; i++) to[i] = from[places[i] as number] as number;
    kept.length = places.length;
    return kept;
  }

  /** All values, without a copy. */
  get all(): A {
    return this.#values.subarray(0, this.length) as A;
  }

  append(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.#values.set(values, this.length);
    this.length += values.length;
  }

  /** Adds the same value several times. */
  fill(value: number, count: number): void {
    this.reserve(count);
    this.#values.fill(value, this.length, this.length + count);
    this.length += count;
  }

  push(value: number): void {
    this.reserve(1);
    this.#values[this.length++] = value;
  }

  /** Makes room for so many more values. */
  reserve(more: number): void {
    if (this.length + more <= this.#values.length) return;
    const grown = freshArray(this.#make, Math.max(this.length + more, 2 * this.#values.length));
    grown.set(this.all);
    this.#values = grown;
  }
}

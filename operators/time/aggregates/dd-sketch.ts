import { log, pow } from '../../../kernels/index.ts';
import type { StateReader, StateWriter } from '../../../streams/index.ts';

/** Most buckets of a sketch; beyond it the smallest magnitudes share one, which costs accuracy near zero only. */
const MOST_BUCKETS = 2048;

/**
 * Quantiles with a bounded relative error: value x falls into bucket ceil(log x / log gamma), gamma = (1 + a) / (1 - a), and every value of a bucket lies
 * within a * x of its middle. Negative values have buckets of their own, zeros a counter. Two sketches merge without further error.
 *
 * Source: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019.
 */
export class DdSketch {
  readonly #logGamma: number;
  readonly #gamma: number;
  readonly #positive = new Map<number, number>();
  readonly #negative = new Map<number, number>();
  #zeros = 0;
  #count = 0;

  /** @param accuracy greatest relative error, such as 0.01 */
  constructor(accuracy: number) {
    this.#gamma = (1 + accuracy) / (1 - accuracy);
    this.#logGamma = log(this.#gamma);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a finite value. */
  add(value: number): void {
    this.#count++;
    if (value === 0) this.#zeros++;
    else this.#put(value > 0 ? this.#positive : this.#negative, Math.ceil(log(Math.abs(value)) / this.#logGamma), 1);
  }

  #put(buckets: Map<number, number>, bucket: number, count: number): void {
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
    if (buckets.size <= MOST_BUCKETS) return;
    const [least, next] = [...buckets.keys()].sort((a, b) => a - b) as [number, number];
    buckets.set(next, (buckets.get(next) ?? 0) + (buckets.get(least) ?? 0));
    buckets.delete(least);
  }

  merge(other: DdSketch): void {
    for (const [bucket, count] of sorted(other.#positive)) this.#put(this.#positive, bucket, count);
    for (const [bucket, count] of sorted(other.#negative)) this.#put(this.#negative, bucket, count);
    this.#zeros += other.#zeros;
    this.#count += other.#count;
  }

  /** The value at rank q * (count - 1), within the relative error; NaN when empty. */
  quantile(q: number): number {
    if (this.#count === 0) return Number.NaN;
    let rank = q * (this.#count - 1);
    for (const [bucket, count] of sorted(this.#negative).reverse()) {
      rank -= count;
      if (rank < 0) return -this.#middle(bucket);
    }
    rank -= this.#zeros;
    if (rank < 0) return 0;
    let greatest = 0;
    for (const [bucket, count] of sorted(this.#positive)) {
      greatest = this.#middle(bucket);
      rank -= count;
      if (rank < 0) break;
    }
    return greatest;
  }

  #middle(bucket: number): number {
    return (2 * pow(this.#gamma, bucket)) / (this.#gamma + 1);
  }

  write(out: StateWriter): void {
    out.number(this.#zeros);
    for (const buckets of [this.#positive, this.#negative]) {
      const entries = sorted(buckets);
      out.numbers(Float64Array.from(entries.flat()));
    }
  }

  static read(accuracy: number, input: StateReader): DdSketch {
    const sketch = new DdSketch(accuracy);
    sketch.#zeros = input.number();
    sketch.#count = sketch.#zeros;
    for (const buckets of [sketch.#positive, sketch.#negative]) {
      const entries = input.float64s();
      for (let i = 0; i < entries.length; i += 2) {
        buckets.set(entries[i] as number, entries[i + 1] as number);
        sketch.#count += entries[i + 1] as number;
      }
    }
    return sketch;
  }
}

const sorted = (buckets: ReadonlyMap<number, number>): [number, number][] => [...buckets].sort(([a], [b]) => a - b);

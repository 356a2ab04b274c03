import type { StateReader, StateWriter } from '../../streams/index.ts';
import { copyValues } from './copy-values.ts';

/**
 * Labeled samples in the order in which they were completed, waiting to fill a mini-batch. A partial mini-batch stays here, over the end of
 * batches and epochs.
 */
export class SampleQueue {
  readonly #inputSize: number;
  readonly #outputSize: number;
  #features: Float32Array;
  /** rows x outputSize; NaN where no label came. */
  #targets: Float64Array;
  #rows = 0;

  constructor(inputSize: number, outputSize: number, capacity: number) {
    this.#inputSize = inputSize;
    this.#outputSize = outputSize;
    this.#features = new Float32Array(capacity * inputSize);
    this.#targets = new Float64Array(capacity * outputSize);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Features of the oldest samples, row-major: a view that the next push or drop changes. */
  features(rows: number): Float32Array {
    return this.#features.subarray(0, rows * this.#inputSize);
  }

  target(row: number, output: number): number {
    return this.#targets[row * this.#outputSize + output] as number;
  }

  /** Copies the targets of the oldest samples. */
  targets(rows: number, to: Float64Array): void {
    to.set(this.#targets.subarray(0, rows * this.#outputSize));
  }

  /** Appends a sample; both arrays hold it at row `row`. */
  push(features: Float32Array, targets: Float64Array, row: number): void {
    const from = row * this.#inputSize;
    if (this.#rows * this.#inputSize === this.#features.length) this.#grow();
    copyValues(features, from, this.#inputSize, this.#features, this.#rows * this.#inputSize);
    copyValues(targets, row * this.#outputSize, this.#outputSize, this.#targets, this.#rows * this.#outputSize);
    this.#rows++;
  }

  /** Removes the oldest samples. */
  drop(rows: number): void {
    this.#features.copyWithin(0, rows * this.#inputSize, this.#rows * this.#inputSize);
    this.#targets.copyWithin(0, rows * this.#outputSize, this.#rows * this.#outputSize);
    this.#rows -= rows;
  }

  snapshot(out: StateWriter): void {
    out.number(this.#rows);
    out.numbers(this.#features, this.#rows * this.#inputSize).numbers(this.#targets, this.#rows * this.#outputSize);
  }

  restore(input: StateReader): void {
    const rows = input.number();
    const features = input.float32s();
    const targets = input.float64s();
    if (features.length > this.#features.length) {
      this.#features = new Float32Array(features.length);
      this.#targets = new Float64Array(targets.length);
    }
    this.#features.set(features);
    this.#targets.set(targets);
    this.#rows = rows;
  }

  #grow(): void {
    const features = new Float32Array(this.#features.length * 2);
    const targets = new Float64Array(this.#targets.length * 2);
    features.set(this.#features);
    targets.set(this.#targets);
    this.#features = features;
    this.#targets = targets;
  }
}

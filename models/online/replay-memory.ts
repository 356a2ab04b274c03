import { Random } from '../../kernels/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { SampleQueue } from './sample-queue.ts';

/** Options of experience replay. */
export interface ReplayOptions {
  /** Labeled samples kept. */
  readonly samples: number;
  /** Further optimizer steps after each mini-batch, on kept samples. @default 1 */
  readonly steps?: number;
  /** Decides which samples are kept and drawn. @default 0 */
  readonly seed?: number;
}

/**
 * Labeled samples kept to be learned from again. Successive rows of a stream resemble each other, so that steps on them alone pull
 * the weights to and fro; drawing old samples beside the new breaks that. Once full, each new sample takes the place of a random one: ages
 * are spread geometrically, with a mean of `samples` rows.
 *
 * Source: L.-J. Lin, "Self-improving reactive agents based on reinforcement learning, planning and teaching", Machine Learning 8 (1992).
 */
export class ReplayMemory {
  readonly #capacity: number;
  readonly #inputSize: number;
  readonly #outputSize: number;
  readonly #random: Random;
  #features: Float32Array;
  #targets: Float64Array;
  #rows = 0;

  constructor(inputSize: number, outputSize: number, { samples, seed = 0 }: ReplayOptions) {
    this.#capacity = samples;
    this.#inputSize = inputSize;
    this.#outputSize = outputSize;
    this.#random = new Random(seed);
    this.#features = new Float32Array(0);
    this.#targets = new Float64Array(0);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Keeps the oldest `rows` samples of the queue. */
  keep(queue: SampleQueue, rows: number): void {
    const features = queue.features(rows);
    for (let row = 0; row < rows; row++) {
      const to = this.#rows < this.#capacity ? this.#append() : this.#random.integer(this.#capacity);
      this.#features.set(features.subarray(row * this.#inputSize, (row + 1) * this.#inputSize), to * this.#inputSize);
      for (let output = 0; output < this.#outputSize; output++) this.#targets[to * this.#outputSize + output] = queue.target(row, output);
    }
  }

  /** Fills both arrays with `rows` samples, each drawn from all that are kept. */
  draw(rows: number, features: Float32Array, targets: Float64Array): void {
    for (let row = 0; row < rows; row++) {
      const from = this.#random.integer(this.#rows);
      features.set(this.#features.subarray(from * this.#inputSize, (from + 1) * this.#inputSize), row * this.#inputSize);
      targets.set(this.#targets.subarray(from * this.#outputSize, (from + 1) * this.#outputSize), row * this.#outputSize);
    }
  }

  /** Memory grows by doubling up to the capacity: a short stream does not pay for a long one. */
  #append(): number {
    if (this.#rows * this.#outputSize === this.#targets.length) {
      const grown = Math.min(this.#capacity, Math.max(64, this.#rows * 2));
      const features = new Float32Array(grown * this.#inputSize);
      const targets = new Float64Array(grown * this.#outputSize);
      features.set(this.#features);
      targets.set(this.#targets);
      this.#features = features;
      this.#targets = targets;
    }
    return this.#rows++;
  }

  snapshot(out: StateWriter): void {
    out.number(this.#rows);
    out.numbers(this.#random.snapshot());
    out.numbers(this.#features, this.#rows * this.#inputSize).numbers(this.#targets, this.#rows * this.#outputSize);
  }

  restore(input: StateReader): void {
    this.#rows = input.number();
    this.#random.restore(input.uint32s());
    this.#features = input.float32s();
    this.#targets = input.float64s();
  }
}

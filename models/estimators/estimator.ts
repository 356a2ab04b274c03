import type { Adoption } from '../../streams/index.ts';

/** What a training call did. */
export interface LearnResult {
  /** Mean loss over the weighted targets of the mini-batch, before the step. */
  readonly loss: number;
  /** True when the step was left out (exploding loss, no weighted target): the parameters are as they were. */
  readonly skipped: boolean;
}

/**
 * Anything that predicts rows and learns from labeled ones. Implementations pass test/contract/estimator: seeded twice gives equal bits, restore gives
 * equal bits, `predictMany` of n rows equals n times one row bit for bit, inputs are never changed, non-finite inputs are refused with the row named.
 */
export interface Estimator {
  /** Values per row of features. */
  readonly inputSize: number;
  /** Values per row of targets and predictions. */
  readonly outputSize: number;
  /** Optimizer steps so far: the model version that predictions carry. */
  readonly steps: number;
  /** Predictions, rows x outputSize, row-major. A new array, or one that is overwritten by the next call: copy what you keep. */
  predictMany(features: Float32Array, rows: number): Float32Array;
  /**
   * One training step on exactly these rows.
   *
   * @param features rows x inputSize, row-major
   * @param targets rows x outputSize, row-major; values of weight 0 are ignored
   * @param weights rows x outputSize, or one per row; absent: all 1
   */
  learnMany(features: Float32Array, targets: Float32Array, rows: number, weights?: Float32Array): LearnResult;
  /** Parameters, optimizer state, step count and random state as canonical bytes. */
  snapshot(): Uint8Array;
  /** Restores a snapshot of the same architecture; throws when it does not fit, naming what differs. */
  restore(bytes: Uint8Array): void;
  /** Takes over what fits of a snapshot that `restore` refuses, and says what; absent: nothing can be taken in part. */
  adopt?(bytes: Uint8Array): Adoption;
  /** Names the first weight in which two snapshots of it differ; undefined where none does. */
  difference?(again: Uint8Array, stored: Uint8Array): string | undefined;
}

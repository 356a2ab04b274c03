import type { Estimator, LearnResult } from '../../../models/index.ts';
import { StateReader, StateWriter } from '../../../streams/index.ts';

/** Linear regression by stochastic gradient descent on half the squared error: the smallest estimator that tests can reason about. */
export class LinearEstimator implements Estimator {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #learningRate: number;
  /** outputs x (inputs + 1); the last of each row is the bias. */
  readonly weights: Float64Array;
  steps = 0;
  /** Rows of each call of predictMany and learnMany, for tests of how they are called. */
  readonly calls: { kind: 'predict' | 'learn'; rows: number; targets?: number[]; weights?: number[] }[] = [];

  constructor({ inputSize, outputSize, learningRate = 0.05 }: { inputSize: number; outputSize: number; learningRate?: number }) {
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.#learningRate = learningRate;
    this.weights = new Float64Array(outputSize * (inputSize + 1)).map((_, i) => ((i * 37) % 11) / 110 - 0.05);
  }

  predictMany(features: Float32Array, rows: number): Float32Array {
    this.calls.push({ kind: 'predict', rows });
    this.#check(features, rows);
    return Float32Array.from({ length: rows * this.outputSize }, (_, i) =>
      this.#output(features, Math.floor(i / this.outputSize), i % this.outputSize),
    );
  }

  learnMany(features: Float32Array, targets: Float32Array, rows: number, weights?: Float32Array): LearnResult {
    this.calls.push({ kind: 'learn', rows, targets: [...targets], weights: [...(weights ?? [])] });
    this.#check(features, rows);
    const gradient = new Float64Array(this.weights.length);
    let loss = 0;
    let total = 0;
    for (let row = 0; row < rows; row++) {
      for (let output = 0; output < this.outputSize; output++) {
        const weight = weights?.[weights.length === rows ? row : row * this.outputSize + output] ?? 1;
        if (weight === 0) continue;
        const error = this.#output(features, row, output) - (targets[row * this.outputSize + output] as number);
        if (!Number.isFinite(error)) throw new RangeError(`the target of row ${row} is ${targets[row * this.outputSize + output]}`);
        loss += 0.5 * weight * error * error;
        total += weight;
        this.#addGradient(gradient, features, row, output, weight * error);
      }
    }
    if (total === 0) return { loss: 0, skipped: true };
    for (let i = 0; i < gradient.length; i++) this.weights[i]! -= (this.#learningRate * gradient[i]!) / total;
    this.steps++;
    return { loss: loss / total, skipped: false };
  }

  snapshot(): Uint8Array {
    return new StateWriter().number(this.steps).numbers(this.weights).finish();
  }

  restore(bytes: Uint8Array): void {
    const input = new StateReader(bytes);
    const steps = input.number();
    const weights = input.float64s();
    input.end();
    if (weights.length !== this.weights.length) throw new RangeError(`snapshot has ${weights.length} weights, not ${this.weights.length}`);
    this.steps = steps;
    this.weights.set(weights);
  }

  #output(features: Float32Array, row: number, output: number): number {
    const from = output * (this.inputSize + 1);
    let sum = this.weights[from + this.inputSize] as number;
    for (let i = 0; i < this.inputSize; i++) sum += (this.weights[from + i] as number) * (features[row * this.inputSize + i] as number);
    return sum;
  }

  #addGradient(gradient: Float64Array, features: Float32Array, row: number, output: number, delta: number): void {
    const from = output * (this.inputSize + 1);
    for (let i = 0; i < this.inputSize; i++) gradient[from + i]! += delta * (features[row * this.inputSize + i] as number);
    gradient[from + this.inputSize]! += delta;
  }

  #check(features: Float32Array, rows: number): void {
    const bad = features.subarray(0, rows * this.inputSize).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`row ${Math.floor(bad / this.inputSize)} holds ${features[bad]}`);
  }
}

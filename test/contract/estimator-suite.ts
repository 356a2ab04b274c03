import { beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../../kernels/index.ts';
import type { Estimator } from '../../models/index.ts';

/** An estimator as the suite runs it. Targets are numbers of about unit size. */
export interface EstimatorCase {
  /** A fresh estimator; equal seeds must give equal bits. */
  make(seed: number): Estimator;
  /** Mini-batches of 32 rows until the loss on a linear target must have fallen by half. @default 300 */
  readonly steps?: number;
}

const ROWS = 32;

/** Rows whose targets follow their features, as a learner should find out. */
function toyRows(estimator: Estimator, random: Random, rows = ROWS) {
  const { inputSize, outputSize } = estimator;
  const features = Float32Array.from({ length: rows * inputSize }, () => random.uniform() * 2 - 1);
  const targets = new Float32Array(rows * outputSize);
  for (let at = 0; at < targets.length; at++) {
    const row = Math.floor(at / outputSize);
    const output = at % outputSize;
    const last = features[(row + 1) * inputSize - 1 - (output % inputSize)] as number;
    targets[at] = 0.8 * last + 0.1 * output - 0.3;
  }
  return { features, targets };
}

/** What every estimator must do (see models/estimators/estimator.ts): run it through with {@link EstimatorCase}. */
export function estimatorSuite(name: string, { make, steps = 300 }: EstimatorCase): void {
  describe(`${name} as an estimator`, () => {
    let estimator: Estimator;
    let random: Random;
    const train = (target: Estimator, count: number, source: Random) => {
      for (let step = 0; step < count; step++) {
        const { features, targets } = toyRows(target, source);
        target.learnMany(features, targets, ROWS);
      }
    };
    const predict = (target: Estimator, features: Float32Array) => target.predictMany(features, features.length / target.inputSize).slice();

    beforeEach(() => {
      estimator = make(1);
      random = new Random(5);
    });

    test('says its sizes and counts its steps', () => {
      expect(estimator.inputSize).toBeGreaterThan(0);
      expect(estimator.outputSize).toBeGreaterThan(0);
      expect(estimator.steps).toBe(0);
      train(estimator, 3, random);
      expect(estimator.steps).toBe(3);
    });

    test('takes over all of a state of its own kind, where it can take over parts', () => {
      train(estimator, 5, random);
      const other = make(2);
      if (other.adopt === undefined) return;
      expect(other.adopt(estimator.snapshot())).toMatchObject({ fresh: [] });
      expect(other.steps).toBe(5);
      const { features } = toyRows(estimator, random);
      expect(predict(other, features)).toEqual(predict(estimator, features));
    });

    test('gives equal bits when it is seeded and trained twice', () => {
      const twin = make(1);
      train(estimator, 10, new Random(3));
      train(twin, 10, new Random(3));
      expect(twin.snapshot()).toEqual(estimator.snapshot());
    });

    test.each([1, 2, 3, 7, 31, 64, 65, 200])('predicts %i rows as it predicts each alone, bit for bit', (rows) => {
      train(estimator, 5, random);
      const { features } = toyRows(estimator, random, rows);
      const together = predict(estimator, features);
      expect(together.length).toBe(rows * estimator.outputSize);
      for (let row = 0; row < rows; row++) {
        const alone = predict(estimator, features.subarray(row * estimator.inputSize, (row + 1) * estimator.inputSize));
        expect(together.subarray(row * estimator.outputSize, (row + 1) * estimator.outputSize)).toEqual(alone);
      }
    });

    test('predicts without learning', () => {
      train(estimator, 5, random);
      const before = estimator.snapshot();
      const { features } = toyRows(estimator, random);
      expect(predict(estimator, features)).toEqual(predict(estimator, features));
      expect(estimator.snapshot()).toEqual(before);
    });

    test('never writes to its inputs', () => {
      const { features, targets } = toyRows(estimator, random);
      const weights = new Float32Array(targets.length).fill(0.5);
      const copies = [features.slice(), targets.slice(), weights.slice()];
      estimator.predictMany(features, ROWS);
      estimator.learnMany(features, targets, ROWS, weights);
      expect([features, targets, weights]).toEqual(copies);
    });

    test('goes on from a snapshot as if nothing had happened', () => {
      train(estimator, 7, random);
      const snapshot = estimator.snapshot();
      const restored = make(1);
      train(restored, 2, new Random(8));
      restored.restore(snapshot);
      expect(restored.snapshot()).toEqual(snapshot);
      expect(restored.steps).toBe(7);
      train(estimator, 5, new Random(4));
      train(restored, 5, new Random(4));
      expect(restored.snapshot()).toEqual(estimator.snapshot());
      const { features } = toyRows(estimator, random);
      expect(predict(restored, features)).toEqual(predict(estimator, features));
    });

    test('keeps a snapshot apart from what it learns later', () => {
      const snapshot = estimator.snapshot();
      const copy = snapshot.slice();
      train(estimator, 3, random);
      expect(snapshot).toEqual(copy);
      expect(estimator.snapshot()).not.toEqual(copy);
    });

    test.each([
      ['nothing', () => new Uint8Array(0)],
      ['half a snapshot', (bytes: Uint8Array) => bytes.slice(0, bytes.length >> 1)],
      ['more than a snapshot', (bytes: Uint8Array) => Uint8Array.from([...bytes, 0, 0, 0, 0])],
    ])('refuses to restore %s, and stays as it was', (_what, damage) => {
      train(estimator, 3, random);
      const before = estimator.snapshot();
      expect(() => estimator.restore(damage(before))).toThrow();
      expect(estimator.snapshot()).toEqual(before);
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
      'refuses features of %d, naming the row, and stays as it was',
      (value) => {
        train(estimator, 3, random);
        const before = estimator.snapshot();
        const { features, targets } = toyRows(estimator, random);
        features[11 * estimator.inputSize + estimator.inputSize - 1] = value;
        expect(() => estimator.predictMany(features, ROWS)).toThrow(/\b11\b/);
        expect(() => estimator.learnMany(features, targets, ROWS)).toThrow(/\b11\b/);
        expect(estimator.snapshot()).toEqual(before);
      },
    );

    test('refuses a target of NaN, naming the row, but not where its weight is 0', () => {
      const before = estimator.snapshot();
      const { features, targets } = toyRows(estimator, random);
      targets[13 * estimator.outputSize] = Number.NaN;
      expect(() => estimator.learnMany(features, targets, ROWS)).toThrow(/\b13\b/);
      expect(estimator.snapshot()).toEqual(before);
      const weights = new Float32Array(targets.length).fill(1);
      weights[13 * estimator.outputSize] = 0;
      expect(estimator.learnMany(features, targets, ROWS, weights)).toMatchObject({ skipped: false });
    });

    test('ignores the values of targets of weight 0', () => {
      const twin = make(1);
      const { features, targets } = toyRows(estimator, random);
      const weights = Float32Array.from(targets, (_, at) => (at % 3 === 0 ? 0 : 1));
      const others = targets.map((target, at) => (at % 3 === 0 ? 77 : target));
      expect(estimator.learnMany(features, targets, ROWS, weights)).toEqual(twin.learnMany(features, others, ROWS, weights));
      expect(twin.snapshot()).toEqual(estimator.snapshot());
    });

    test('takes one weight per row as that weight for each of its outputs', () => {
      const twin = make(1);
      const { features, targets } = toyRows(estimator, random);
      const perRow = Float32Array.from({ length: ROWS }, (_, row) => (row % 4) / 2);
      const perOutput = targets.map((_, at) => perRow[Math.floor(at / estimator.outputSize)] as number);
      estimator.learnMany(features, targets, ROWS, perRow);
      twin.learnMany(features, targets, ROWS, perOutput);
      expect(twin.snapshot()).toEqual(estimator.snapshot());
    });

    test('leaves a step out when no target has weight', () => {
      const { features, targets } = toyRows(estimator, random);
      const before = estimator.predictMany(features, ROWS).slice();
      expect(estimator.learnMany(features, targets, ROWS, new Float32Array(targets.length)).skipped).toBe(true);
      expect(estimator.steps).toBe(0);
      expect(estimator.predictMany(features, ROWS)).toEqual(before);
    });

    test('learns: the loss falls by half on targets that follow the features', () => {
      const losses = Array.from({ length: steps }, () => {
        const { features, targets } = toyRows(estimator, random);
        return estimator.learnMany(features, targets, ROWS).loss;
      });
      const mean = (values: readonly number[]) => values.reduce((sum, loss) => sum + loss, 0) / values.length;
      expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) / 2);
    });
  });
}

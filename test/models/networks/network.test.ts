import { describe, expect, test } from 'vitest';
import {
  adam,
  categoricalCrossentropy,
  compile,
  dense,
  embedding,
  flatten,
  gru,
  lstm,
  meanSquaredError,
  sequential,
  sgd,
} from '../../../models/networks/index.ts';
import { FAMILIES, familyData, familyNetwork } from './families.ts';

const small = () =>
  compile(sequential([dense(3, { activation: 'tanh' }), dense(2)], { inputShape: [4] }), { loss: meanSquaredError(), optimizer: adam() });

describe.each(Object.keys(FAMILIES))('%s', (name) => {
  test('predicting n rows equals n times one row, bit for bit', () => {
    const network = familyNetwork(name);
    const rows = network.description.shardRows + 7;
    const { features, targets } = familyData(name, network, rows);
    network.learnMany(features, targets, rows);
    const all = network.predictMany(features, rows);
    for (const count of [1, 2, 3, 5, 33]) {
      for (let row = 0; row + count <= rows; row += rows - count > 0 ? Math.ceil((rows - count) / 6) : rows) {
        const some = network.predictMany(features.slice(row * network.inputSize, (row + count) * network.inputSize), count);
        expect(some).toEqual(all.slice(row * network.outputSize, (row + count) * network.outputSize));
      }
    }
  });

  test('a seed decides every bit, and a restored snapshot goes on with the same bits', () => {
    const first = familyNetwork(name, 3);
    const second = familyNetwork(name, 3);
    const { features, targets } = familyData(name, first, 21);
    const copies = [features.slice(), targets.slice()];
    for (let i = 0; i < 4; i++) first.learnMany(features, targets, 21);
    expect([features, targets]).toEqual(copies);
    for (let i = 0; i < 2; i++) second.learnMany(features, targets, 21);
    const third = familyNetwork(name, 3);
    third.restore(second.snapshot());
    expect(third.snapshot()).toEqual(second.snapshot());
    for (let i = 0; i < 2; i++) third.learnMany(features, targets, 21);
    expect(third.snapshot()).toEqual(first.snapshot());
    expect(third.steps).toBe(4);
    expect(familyNetwork(name, 4).snapshot()).not.toEqual(familyNetwork(name, 3).snapshot());
  });

  test('the loss falls', () => {
    const network = familyNetwork(name);
    const { features, targets } = familyData(name, network, 16);
    const before = network.learnMany(features, targets, 16).loss;
    let after = before;
    for (let i = 0; i < 150; i++) after = network.learnMany(features, targets, 16).loss;
    expect(after).toBeLessThan(before * 0.8);
  });

  test('weights of zero leave rows out of loss and gradient', () => {
    const network = familyNetwork(name);
    const { features, targets } = familyData(name, network, 9);
    const { inputSize, outputSize } = network;
    const weights = Float32Array.of(0, 1, 1, 0, 1, 0, 0, 1, 0);
    const hidden = targets.slice();
    for (const row of weights.keys()) if (weights[row] === 0) hidden.fill(Number.NaN, row * outputSize, (row + 1) * outputSize);
    const kept = [...weights.keys()].filter((row) => weights[row] === 1);
    const pick = (values: Float32Array, size: number) =>
      Float32Array.from(kept.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]));
    if (name !== 'embedding') {
      const all = network.gradientsOf(features, hidden, 9, weights);
      const some = network.gradientsOf(pick(features, inputSize), pick(targets, outputSize), kept.length);
      expect(all.loss).toBeCloseTo(some.loss, 5);
      for (const [parameter, values] of all.gradients) {
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(some.gradients.get(parameter)![i]!, 5);
        });
      }
    }
    expect(network.learnMany(features, hidden, 9, weights).skipped).toBe(false);
    expect([...network.weights().values()].every((values) => values.every(Number.isFinite))).toBe(true);
  });
});

describe('refusals leave the network as it was', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('a feature of %s is refused with its row', (bad) => {
    const network = small();
    const before = network.snapshot();
    const features = new Float32Array(200 * 4);
    features[150 * 4 + 2] = bad;
    expect(() => network.learnMany(features, new Float32Array(400), 200)).toThrow(/feature 2 of row 150/);
    expect(() => network.predictMany(features, 200)).toThrow(/feature 2 of row 150/);
    expect(network.snapshot()).toEqual(before);
  });

  test('a target that is not finite is refused unless its weight is zero', () => {
    const network = small();
    const before = network.snapshot();
    const targets = Float32Array.of(0, 0, Number.NaN, 0);
    expect(() => network.learnMany(new Float32Array(8), targets, 2)).toThrow(/target 0 of row 1/);
    expect(network.snapshot()).toEqual(before);
    expect(network.learnMany(new Float32Array(8), targets, 2, Float32Array.of(1, 1, 0, 1)).skipped).toBe(false);
  });

  test('an exploding step is skipped and counted', () => {
    const network = small();
    const before = network.snapshot();
    const features = new Float32Array(4).fill(1);
    expect(network.learnMany(features, new Float32Array(2).fill(1e38), 1)).toMatchObject({ skipped: true });
    expect(network.learnMany(features, new Float32Array(2).fill(1e19), 1)).toMatchObject({ skipped: true });
    expect(network.skippedSteps).toBe(2);
    expect(network.steps).toBe(0);
    expect(network.weights()).toEqual(
      (() => {
        const other = small();
        other.restore(before);
        return other.weights();
      })(),
    );
    expect(network.learnMany(features, new Float32Array(2), 1).skipped).toBe(false);
  });

  test('all weights zero: nothing is learned and nothing counted', () => {
    const network = small();
    const before = network.snapshot();
    expect(network.learnMany(new Float32Array(8), new Float32Array(4), 2, new Float32Array(2))).toEqual({ loss: 0, skipped: true });
    expect(network.learnMany(new Float32Array(0), new Float32Array(0), 0)).toEqual({ loss: 0, skipped: true });
    expect(network.predictMany(new Float32Array(0), 0)).toEqual(new Float32Array(0));
    expect(network.snapshot()).toEqual(before);
  });

  test('a token outside the vocabulary is refused with its row', () => {
    const network = compile(sequential([embedding(5, 3), gru(2), dense(1)], { inputShape: [3] }), {
      loss: meanSquaredError(),
      optimizer: sgd(),
    });
    for (const token of [5, -1, 0.5]) {
      expect(() => network.predictMany(Float32Array.of(0, 1, 2, 4, token, 0), 2)).toThrow(/row 1 holds a token/);
    }
  });

  test('lengths, weights and rows that do not fit', () => {
    const network = small();
    expect(() => network.predictMany(new Float32Array(7), 2)).toThrow(/features hold 7 values, but 2 rows x 4 need 8/);
    expect(() => network.learnMany(new Float32Array(8), new Float32Array(3), 2)).toThrow(/targets hold 3/);
    expect(() => network.learnMany(new Float32Array(8), new Float32Array(4), 2, new Float32Array(3))).toThrow(/weights hold 3/);
    expect(() => network.learnMany(new Float32Array(8), new Float32Array(4), 2, Float32Array.of(1, -1))).toThrow(/weight of row 1 is -1/);
    expect(() => network.predictMany(new Float32Array(0), -1)).toThrow(/rows is -1/);
  });
});

describe('snapshots', () => {
  test('damaged, truncated or foreign bytes are refused', () => {
    const network = small();
    const bytes = network.snapshot();
    for (let at = 0; at < bytes.length; at += 11) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      expect(() => network.restore(damaged)).toThrow(/cannot restore/);
      expect(() => network.restore(bytes.subarray(0, at))).toThrow(/cannot restore/);
    }
    const other = compile(sequential([dense(4, { activation: 'tanh' }), dense(2)], { inputShape: [4] }), {
      loss: meanSquaredError(),
      optimizer: adam(),
    });
    expect(() => other.restore(bytes)).toThrow(/it is of input 0 \[4\]; dense/);
    expect(network.snapshot()).toEqual(bytes);
  });
});

describe('wrong models', () => {
  const options = { loss: meanSquaredError(), optimizer: sgd() };

  test('errors name the layer and the shapes', () => {
    expect(() => sequential([lstm(3)], { inputShape: [4] })).toThrow(/layer 'lstm' wants a sequence \[steps, features\].*given \[4\]/);
    expect(() => sequential([dense(0)], { inputShape: [4] })).toThrow(/layer 'dense': units is 0/);
    expect(() => sequential([dense(2, { name: 'head' }), flatten(), gru(2, { name: 'memory' })], { inputShape: [4] })).toThrow(
      /layer 'memory'/,
    );
    expect(() => sequential([], { inputShape: [4] })).toThrow(/at least one layer/);
    const shared = dense(4);
    expect(() => compile(sequential([shared, shared], { inputShape: [4] }), options)).toThrow(/used twice/);
    expect(() =>
      compile(sequential([dense(1)], { inputShape: [4] }), { ...options, loss: [meanSquaredError(), meanSquaredError()] }),
    ).toThrow(/1 heads, but 2 losses/);
    expect(() => compile(sequential([dense(1)], { inputShape: [4] }), { ...options, clipNorm: 0 })).toThrow(/clipNorm/);
  });

  test('a model that does not fit in memory is refused with its size', () => {
    const huge = sequential([dense(100_000), dense(100_000)], { inputShape: [100_000] });
    expect(() => compile(huge, { loss: categoricalCrossentropy(), optimizer: adam() })).toThrow(/does not fit in memory: .*bytes/);
  });
});

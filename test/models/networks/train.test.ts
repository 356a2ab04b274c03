import { expect, test } from 'vitest';
import { Random } from '../../../kernels/index.ts';
import {
  adam,
  compile,
  conv2d,
  cosineDecay,
  dense,
  flatten,
  inverseTimeDecay,
  lossOf,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
  sgd,
  stepDecay,
  summary,
  train,
  warmup,
} from '../../../models/networks/index.ts';

function linearData(rows: number, noise: number, seed: number): { features: Float32Array; targets: Float32Array } {
  const random = new Random(seed);
  const features = Float32Array.from({ length: rows * 3 }, () => random.normal());
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    const [a, b, c] = features.subarray(row * 3, row * 3 + 3) as unknown as [number, number, number];
    return a - 2 * b + 0.5 * c + 0.3 + noise * random.normal();
  });
  return { features, targets };
}

const wide = (): Network =>
  compile(sequential([dense(64, { activation: 'relu' }), dense(64, { activation: 'relu' }), dense(1)], { inputShape: [3] }), {
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 0.01 }),
    seed: 1,
  });

test('a linear model finds the line, and training stops at the wanted loss', () => {
  const network = compile(sequential([dense(1)], { inputShape: [3] }), { loss: meanSquaredError(), optimizer: sgd({ learningRate: 0.1 }) });
  const report = train(network, linearData(200, 0, 1), { epochs: 100, batchRows: 16, targetLoss: 1e-8 });
  expect(report.stopped).toBe('targetLoss');
  expect(report.epochs.length).toBeLessThan(60);
  const [a, b, c] = network.weights().get('dense.kernel')!;
  expect([a, b, c, network.weights().get('dense.bias')![0]].map((value) => Math.round(value! * 1000) / 1000)).toEqual([1, -2, 0.5, 0.3]);
});

test('learning by heart shows as a gap, stops the training, and the best weights come back', () => {
  const network = wide();
  const validation = linearData(100, 0.5, 2);
  const report = train(network, linearData(24, 0.5, 1), { epochs: 400, batchRows: 8, validation, earlyStopping: { patience: 25 } });
  expect(report.stopped).toBe('converged');
  expect(report.epochs.at(-1)!.gap!).toBeGreaterThan(report.epochs[0]!.gap!);
  expect(report.epoch).toBe(report.epochs.length - 25);
  const best = Math.min(...report.epochs.map((epoch) => epoch.validationLoss!));
  expect(lossOf(network, validation)).toBeCloseTo(best, 6);
});

test('the order of rows comes from the seed; every row is used once a pass', () => {
  const data = linearData(50, 0.1, 1);
  const [first, second, third] = [1, 1, 2].map((seed) => {
    const network = wide();
    train(network, data, { epochs: 3, seed });
    return network.snapshot();
  });
  expect(second).toEqual(first);
  expect(third).not.toEqual(first);
  const network = wide();
  train(network, data, { epochs: 2, batchRows: 16 });
  expect(network.steps).toBe(8);
});

test('the progress bar fills, and a callback can stop', () => {
  let shown = '';
  const report = train(wide(), linearData(40, 0.1, 1), {
    epochs: 5,
    batchRows: 8,
    progress: (text) => {
      shown += text;
    },
    onEpoch: ({ epoch }) => epoch < 2,
  });
  expect(report).toMatchObject({ stopped: 'callback', epoch: 2 });
  expect(shown).toMatch(/Epoch 1\/5 \[={6} +\]/);
  expect(shown).toMatch(/Epoch 2\/5 \[={30}\] {2}loss [\d.e-]+\n$/);
});

test('data that are no whole number of rows are refused', () => {
  const data = { features: new Float32Array(7), targets: new Float32Array(2) };
  expect(() => train(wide(), data, { epochs: 1 })).toThrow(/7 features and 2 targets, which is no whole number of rows of 3 and 1/);
  expect(() => train(wide(), linearData(4, 0, 1), { epochs: 0 })).toThrow(/epochs is 0/);
});

test('schedules', () => {
  const rounded = (values: number[]): number[] => values.map((value) => Math.round(value * 1e6) / 1e6);
  expect(rounded([0, 9, 10, 25].map(stepDecay(1, { every: 10, factor: 0.5 })))).toEqual([1, 1, 0.5, 0.25]);
  expect(rounded([0, 1, 4].map(inverseTimeDecay(1, 1)))).toEqual([1, 0.5, 0.2]);
  expect(rounded([0, 50, 100, 200].map(cosineDecay(1, 100, 0.1)))).toEqual([1, 0.55, 0.1, 0.1]);
  expect(rounded([0, 1, 3, 4, 6].map(warmup(4, stepDecay(2, { every: 2, factor: 0.5 }))))).toEqual([0.5, 1, 2, 2, 1]);
  const network = compile(sequential([dense(1, { name: 'line' })], { inputShape: [1] }), {
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: (step) => (step === 0 ? 0 : 0.1) }),
  });
  const before = network.weights();
  network.learnMany(Float32Array.of(1), Float32Array.of(5), 1);
  expect(network.weights()).toEqual(before);
  network.learnMany(Float32Array.of(1), Float32Array.of(5), 1);
  expect(network.weights()).not.toEqual(before);
});

test('summary prints the table that Keras users know', () => {
  const layers = [conv2d(32, 5, { activation: 'relu' }), maxPool2d(2), flatten(), dense(10)];
  const text = summary(compile(sequential(layers, { inputShape: [28, 28, 1] }), { loss: meanSquaredError(), optimizer: adam() }));
  expect(text).toContain('conv2d (conv2d)        (rows, 24, 24, 32)      832');
  expect(text).toContain('dense (dense)          (rows, 10)           46,090');
  expect(text).toContain('Total params: 46,922 (183.3 KiB)');
  expect(text).toMatch(/Memory: [\d.]+ MiB with optimizer state and activations of \d+ rows/);
});

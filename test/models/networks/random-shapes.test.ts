import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../kernels/index.ts';
import {
  averagePool2d,
  compile,
  conv2d,
  dense,
  dropout,
  flatten,
  gru,
  type Layer,
  lstm,
  maxPool2d,
  meanSquaredError,
  type Network,
  sequential,
  sgd,
  simpleRnn,
} from '../../../models/networks/index.ts';
import { convolutionOracle, poolOracle, recurrentOracle, type Window } from './layer-oracles.ts';

const options = { loss: meanSquaredError(), optimizer: sgd(), seed: 3 };
const RUNS = { numRuns: 60 };
const seed = fc.integer();

function normals(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected[i]!)));
}

/** Checks the slope of the loss along the gradient, through the layer to trained layers on both sides of it. */
function expectSlope(layer: Layer, inputShape: readonly number[], number: number): void {
  const network = compile(
    sequential([dense(inputShape.at(-1)!, { activation: 'tanh' }), layer, flatten(), dense(2)], { inputShape }),
    options,
  );
  const rows = 3;
  const features = normals(rows * network.inputSize, number);
  const targets = normals(rows * 2, number + 1);
  const { gradients } = network.gradientsOf(features, targets, rows);
  const norm = Math.sqrt([...gradients.values()].reduce((sum, values) => sum + values.reduce((own, g) => own + g * g, 0), 0));
  const start = network.weights();
  const lossAt = (shift: number): number => {
    network.setWeights(
      new Map([...start].map(([name, values]) => [name, values.map((value, i) => value + (shift * gradients.get(name)![i]!) / norm)])),
    );
    return network.evaluate(features, targets, rows);
  };
  const step = 2e-3;
  const slope = (8 * (lossAt(step) - lossAt(-step)) - (lossAt(2 * step) - lossAt(-2 * step))) / (12 * step);
  expect(Math.abs(slope - norm)).toBeLessThan(0.02 * norm + 1e-3);
}

const axis = fc.record({
  size: fc.integer({ min: 1, max: 9 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
});
const fits = ({ size, kernel, dilation }: { size: number; kernel: number; dilation: number }): boolean =>
  (kernel - 1) * dilation + 1 <= size;
const grid = fc
  .record({
    rows: axis,
    columns: axis,
    channels: fc.integer({ min: 1, max: 6 }),
    filters: fc.integer({ min: 1, max: 19 }),
    padding: fc.constantFrom('valid' as const, 'same' as const),
    seed,
  })
  .filter(({ rows, columns, padding }) => padding === 'same' || (fits(rows) && fits(columns)));

test('conv2d equals the oracle for any window, and its gradient the slope', () => {
  fc.assert(
    fc.property(grid, ({ rows, columns, channels, filters, padding, seed: number }) => {
      const make = (): Layer =>
        conv2d(filters, [rows.kernel, columns.kernel], {
          strides: [rows.stride, columns.stride],
          dilationRate: [rows.dilation, columns.dilation],
          padding,
        });
      const inputShape = [rows.size, columns.size, channels];
      const network = compile(sequential([make()], { inputShape }), options);
      const x = normals(network.inputSize, number);
      const [down, right]: [Window, Window] = [
        { ...rows, padding },
        { ...columns, padding },
      ];
      const weights = network.weights();
      expectClose(
        network.predictMany(x, 1),
        convolutionOracle(x, weights.get('conv2d.kernel')!, weights.get('conv2d.bias')!, down, right, channels),
      );
      expectSlope(make(), inputShape, number);
    }),
    RUNS,
  );
});

test('convolution with relu and pooling in one pass equals the oracles one after the other', () => {
  const shape = fc.record({
    height: fc.integer({ min: 2, max: 9 }),
    width: fc.integer({ min: 2, max: 9 }),
    kernel: fc.integer({ min: 1, max: 5 }),
    channels: fc.integer({ min: 1, max: 9 }),
    filters: fc.integer({ min: 1, max: 19 }),
    seed,
  });
  fc.assert(
    fc.property(
      shape.filter(({ height, width, kernel }) => Math.min(height, width) > kernel),
      ({ height, width, kernel, channels, filters, seed: number }) => {
        const network = compile(
          sequential([conv2d(filters, kernel, { activation: 'relu' }), maxPool2d(2)], { inputShape: [height, width, channels] }),
          options,
        );
        const x = normals(network.inputSize, number);
        const window = (size: number, own: number, stride: number): Window => ({
          size,
          kernel: own,
          stride,
          dilation: 1,
          padding: 'valid',
        });
        const weights = network.weights();
        const map = convolutionOracle(
          x,
          weights.get('conv2d.kernel')!,
          weights.get('conv2d.bias')!,
          window(height, kernel, 1),
          window(width, kernel, 1),
          channels,
        );
        const rectified = map.map((value) => Math.max(value, 0));
        const [down, right] = [window(height - kernel + 1, 2, 2), window(width - kernel + 1, 2, 2)];
        expectClose(network.predictMany(x, 1), poolOracle(rectified, 'max', down, right, filters));
      },
    ),
    RUNS,
  );
});

test('pooling equals the oracle for any window, and its gradient the slope', () => {
  fc.assert(
    fc.property(grid, fc.constantFrom('max' as const, 'average' as const), ({ rows, columns, channels, padding, seed: number }, kind) => {
      fc.pre(padding === 'same' || (rows.kernel <= rows.size && columns.kernel <= columns.size));
      const pool = kind === 'max' ? maxPool2d : averagePool2d;
      const make = (): Layer => pool([rows.kernel, columns.kernel], { strides: [rows.stride, columns.stride], padding });
      const inputShape = [rows.size, columns.size, channels];
      const network = compile(sequential([make()], { inputShape }), options);
      const x = normals(network.inputSize, number);
      const [down, right]: [Window, Window] = [
        { ...rows, dilation: 1, padding },
        { ...columns, dilation: 1, padding },
      ];
      expectClose(network.predictMany(x, 1), poolOracle(x, kind, down, right, channels));
      if (kind === 'average') expectSlope(make(), inputShape, number);
    }),
    RUNS,
  );
});

test.each([
  ['simpleRnn', simpleRnn],
  ['gru', gru],
  ['lstm', lstm],
] as const)('%s equals the oracle for any size, and its gradient the slope', (kind, layer) => {
  const shape = fc.record({
    steps: fc.integer({ min: 1, max: 6 }),
    features: fc.integer({ min: 1, max: 9 }),
    units: fc.integer({ min: 1, max: 13 }),
    rows: fc.integer({ min: 1, max: 9 }),
    seed,
  });
  fc.assert(
    fc.property(shape, ({ steps, features, units, rows, seed: number }) => {
      const network: Network = compile(sequential([layer(units, { returnSequences: true })], { inputShape: [steps, features] }), options);
      network.setWeights(
        new Map([...network.weights()].map(([name, values]) => [name, values.map((value, i) => value + 0.1 * Math.cos(i))])),
      );
      const x = normals(rows * network.inputSize, number);
      const predictions = network.predictMany(x, rows);
      for (let row = 0; row < rows; row++) {
        const own = Array.from({ length: steps }, (_, t) => [
          ...x.subarray((row * steps + t) * features, (row * steps + t + 1) * features),
        ]);
        const states = recurrentOracle(kind, own, units, network.weights()).flat();
        expectClose(predictions.subarray(row * steps * units, (row + 1) * steps * units), states);
      }
      expectSlope(layer(units, { returnSequences: number % 2 === 0 }), [steps, features], number);
    }),
    RUNS,
  );
});

test('dropout drops its share anew each step, scales the rest, and is off in prediction', () => {
  const network = compile(sequential([dropout(0.3), dense(1)], { inputShape: [4000] }), options);
  const x = new Float32Array(4000).fill(0.01);
  const masks = [0, 1].map(() => {
    const { gradients } = network.gradientsOf(x, Float32Array.of(3), 1);
    network.learnMany(x, Float32Array.of(3), 1);
    return gradients.get('dense.kernel')!;
  });
  for (const gradient of masks) {
    const kept = gradient.filter((g) => g !== 0);
    expect(Math.abs(kept.length / 4000 - 0.7)).toBeLessThan(0.03);
    expect(new Set(kept).size).toBe(1);
  }
  expect(masks[0]!.map((g) => (g === 0 ? 0 : 1))).not.toEqual(masks[1]!.map((g) => (g === 0 ? 0 : 1)));
  const plain = compile(sequential([dense(1)], { inputShape: [4000] }), options);
  plain.setWeights(network.weights());
  expect(network.predictMany(x, 1)).toEqual(plain.predictMany(x, 1));
});

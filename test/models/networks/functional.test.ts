import { expect, test } from 'vitest';
import { Random } from '../../../kernels/index.ts';
import {
  add,
  averagePool2d,
  binaryCrossentropy,
  compile,
  concatenate,
  conv2d,
  dense,
  flatten,
  gru,
  halfSquaredError,
  input,
  type Loss,
  layerNorm,
  lstm,
  type Model,
  maxPool2d,
  meanSquaredError,
  model,
  type Network,
  sequential,
  sgd,
  simpleRnn,
  softmax,
} from '../../../models/networks/index.ts';

function rows(network: Network, count: number, seed = 9): [Float32Array, Float32Array] {
  const random = new Random(seed);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  return [draw(count * network.inputSize), draw(count * network.outputSize)];
}

/** Compares the gradient along random directions with the slope of the loss. */
function checkSlopes(built: Model, loss: Loss | readonly Loss[], prepare: (features: Float32Array) => void = () => {}): void {
  const network = compile(built, { loss, optimizer: sgd(), seed: 2, lossWeights: [1, 0.5] });
  const [features, targets] = rows(network, 5);
  prepare(features);
  const { gradients } = network.gradientsOf(features, targets, 5);
  const first = network.weights();
  const random = new Random(77);
  for (const [name, gradient] of gradients) {
    const direction = gradient.map((g) => Math.sign(g) * (0.5 + random.uniform()));
    const slope = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
    expect(slope, `gradient of ${name}`).toBeGreaterThan(1e-3);
    const step = 2e-3 / Math.sqrt(direction.length);
    const lossAt = (shift: number): number => {
      network.setWeights(new Map([[name, first.get(name)!.map((value, i) => value + shift * direction[i]!)]]));
      return network.evaluate(features, targets, 5);
    };
    // Four points: the error of the slope is of the fourth order in the step.
    const measured = (8 * (lossAt(step) - lossAt(-step)) - (lossAt(2 * step) - lossAt(-2 * step))) / (12 * step);
    network.setWeights(new Map([[name, first.get(name)!]]));
    expect(Math.abs(measured - slope) / Math.max(Math.abs(slope), 1e-2), `slope along ${name}: ${measured} for ${slope}`).toBeLessThan(
      5e-3,
    );
  }
}

test('two inputs, a residual connection and two heads have the gradients that finite differences measure', () => {
  const image = input([6, 6, 1]);
  const side = input([3]);
  const seen = flatten().apply(averagePool2d(2).apply(conv2d(4, 3, { activation: 'tanh' }).apply(image)));
  const joined = concatenate().apply(seen, dense(5, { activation: 'sigmoid' }).apply(side));
  const hidden = dense(7, { activation: 'tanh' }).apply(joined);
  const residual = add().apply(hidden, dense(7, { activation: 'gelu' }).apply(hidden));
  const heads = [dense(2).apply(layerNorm().apply(residual)), dense(1).apply(residual)];
  checkSlopes(model({ inputs: [image, side], outputs: heads }), [meanSquaredError(), binaryCrossentropy()]);
});

test('sequences that branch, join and change layout', () => {
  const x = input([5, 3]);
  const memory = gru(6, { returnSequences: true }).apply(x);
  const gate = softmax().apply(dense(6).apply(memory));
  const both = concatenate().apply(memory, gate, lstm(4, { returnSequences: true }).apply(x));
  checkSlopes(model({ inputs: [x], outputs: [dense(2).apply(simpleRnn(3).apply(both))] }), halfSquaredError());
});

test.each([
  ['gru', gru],
  ['lstm', lstm],
  ['simpleRnn', simpleRnn],
] as const)('%s with lengths ends each sample at its own step', (_name, layer) => {
  const build = (returnSequences: boolean): Model => {
    const x = input([4, 2]);
    const lengths = input([1]);
    const state = layer(5, { returnSequences }).apply(x, lengths);
    return model({ inputs: [x, lengths], outputs: [dense(2).apply(returnSequences ? flatten().apply(state) : state)] });
  };
  const lengths = [4, 1, 3, 2, 0];
  const setLengths = (features: Float32Array): void => {
    for (const [row, length] of lengths.entries()) features[row * 9 + 8] = length;
  };
  checkSlopes(build(false), meanSquaredError(), setLengths);
  checkSlopes(build(true), meanSquaredError(), setLengths);

  const options = { loss: meanSquaredError(), optimizer: sgd(), seed: 4 };
  const masked = compile(build(false), options);
  const [features] = rows(masked, 5);
  setLengths(features);
  const predictions = masked.predictMany(features, 5);
  for (const [row, length] of lengths.entries()) {
    if (length === 0) continue;
    const short = compile(sequential([layer(5), dense(2)], { inputShape: [length, 2] }), options);
    short.setWeights(masked.weights());
    expect(short.predictMany(features.slice(row * 9, row * 9 + length * 2), 1)).toEqual(predictions.slice(row * 2, row * 2 + 2));
  }
});

test('a fused convolution and pool gives the same bits as the two layers apart', () => {
  const options = { loss: meanSquaredError(), optimizer: sgd(), seed: 1 };
  const x = input([11, 10, 3]);
  const map = conv2d(7, 3, { activation: 'relu' }).apply(x);
  // A second reader of the map keeps the layers apart.
  const apart = compile(model({ inputs: [x], outputs: [dense(2).apply(flatten().apply(maxPool2d(2).apply(map))), map] }), {
    ...options,
    loss: [meanSquaredError(), meanSquaredError()],
    lossWeights: [1, 0],
  });
  const fused = compile(
    sequential([conv2d(7, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(2)], { inputShape: [11, 10, 3] }),
    options,
  );
  fused.setWeights(apart.weights());
  const [features, targets] = rows(fused, 3);
  const both = apart.predictMany(features, 3);
  const perRow = apart.outputSize;
  const together = fused.predictMany(features, 3);
  for (let row = 0; row < 3; row++) expect(both.slice(row * perRow, row * perRow + 2)).toEqual(together.slice(row * 2, row * 2 + 2));
  const wide = new Float32Array(3 * perRow);
  for (let row = 0; row < 3; row++) wide.set(targets.subarray(row * 2, row * 2 + 2), row * perRow);
  const expected = apart.gradientsOf(features, wide, 3).gradients;
  for (const [name, values] of fused.gradientsOf(features, targets, 3).gradients) {
    values.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.get(name)![i]!, 5);
    });
  }
});

test('wrong graphs are refused by name', () => {
  const a = input([3]);
  const b = input([4]);
  expect(() => add().apply(a, b)).toThrow(/layer 'add' wants two or more inputs of one shape, but is given \[3\] and \[4\]/);
  expect(() => compile(model({ inputs: [a], outputs: [dense(1).apply(b)] }), { loss: meanSquaredError(), optimizer: sgd() })).toThrow(
    /not listed/,
  );
  expect(() => input([0])).toThrow(/must be a whole number of at least 1/);
});

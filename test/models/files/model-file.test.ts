import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadWeights, type ModelCard, readSafetensors, saveModel, writeSafetensors } from '../../../models/files/index.ts';
import { compile, dense, meanSquaredError, sequential, sgd } from '../../../models/networks/index.ts';
import { FILE_CASES, fileNetwork } from './networks.ts';

const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name));
const cases = JSON.parse(fixture('cases.json').toString()) as Record<string, { features: number[]; output: number[] }>;

describe.each(FILE_CASES)('%s', (name) => {
  test("a file from PyTorch gives PyTorch's predictions within 1e-5", () => {
    const network = fileNetwork(name);
    loadWeights(network, fixture(`${name}.safetensors`));
    const { features, output } = cases[name]!;
    const predictions = network.predictMany(Float32Array.from(features), features.length / network.inputSize);
    predictions.forEach((value, i) => {
      expect(Math.abs(value - output[i]!)).toBeLessThan(1e-5);
    });
  });

  test('what is saved has the names, shapes and values that PyTorch wrote', () => {
    const network = fileNetwork(name);
    loadWeights(network, fixture(`${name}.safetensors`));
    const own = readSafetensors(saveModel(network).weights).tensors;
    const theirs = readSafetensors(fixture(`${name}.safetensors`)).tensors;
    expect([...own.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [key, { shape, values }] of theirs) {
      expect(own.get(key)!.shape).toEqual(shape);
      if (!key.includes('bias_') || name === 'gru') expect(own.get(key)!.values).toEqual(values);
    }
  });

  test('saved and loaded again, every weight is the same', () => {
    const network = fileNetwork(name);
    const other = fileNetwork(name, 99);
    expect(other.weights()).not.toEqual(network.weights());
    loadWeights(other, saveModel(network).weights);
    expect(other.weights()).toEqual(network.weights());
  });
});

test('names for an nn.Sequential', () => {
  const network = fileNetwork('dense');
  const names = { dense: '0', layerNorm: '2', dense_1: '3' };
  const { weights } = saveModel(network, { names });
  expect([...readSafetensors(weights).tensors.keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias', '3.weight', '3.bias']);
  const other = fileNetwork('dense', 8);
  loadWeights(other, weights, { names });
  expect(other.weights()).toEqual(network.weights());
});

test('the model card tells what the weights belong to', () => {
  const network = fileNetwork('gru', 12);
  network.learnMany(new Float32Array(18), new Float32Array(2), 1);
  const card = JSON.parse(saveModel(network, { schema: { features: ['a', 'b', 'c'] } }).card) as ModelCard;
  expect(card).toMatchObject({
    format: 'millrace-model',
    inputs: [[6, 3]],
    layers: [
      { name: 'gru', kind: 'gru', config: { units: 5, returnSequences: false }, reads: ['input 0'] },
      { name: 'dense', kind: 'dense', config: { units: 2, activation: 'linear' }, reads: ['gru'] },
    ],
    losses: ['meanSquaredError'],
    optimizer: { name: 'adam' },
    seed: 12,
    steps: 1,
    parameters: 162,
    schema: { features: ['a', 'b', 'c'] },
  });
});

test('a file of another network is refused, and the weights stay', () => {
  const network = compile(sequential([dense(2)], { inputShape: [3] }), { loss: meanSquaredError(), optimizer: sgd() });
  const before = network.weights();
  expect(() => loadWeights(network, saveModel(fileNetwork('dense')).weights)).toThrow(
    /needs 'dense.weight' of shape \[2, 3\], but it has shape \[7, 5\]/,
  );
  expect(() => loadWeights(network, saveModel(fileNetwork('gru')).weights)).toThrow(/needs 'dense.weight' of shape \[2, 3\]/);
  expect(() => loadWeights(network, writeSafetensors(new Map()))).toThrow(/it holds $/);
  const values = Float32Array.of(0, 1, 2, 3, Number.NaN, 5);
  const file = writeSafetensors(
    new Map([
      ['dense.weight', { shape: [2, 3], values }],
      ['dense.bias', { shape: [2], values: new Float32Array(2) }],
    ]),
  );
  expect(() => loadWeights(network, file)).toThrow(/is NaN/);
  expect(network.weights()).toEqual(before);
});

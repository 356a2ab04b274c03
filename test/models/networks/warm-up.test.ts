import { expect, test, vi } from 'vitest';
import { compile, dense, meanSquaredError, Network, type Optimizer, sequential } from '../../../models/networks/index.ts';
import { FAMILIES, familyData, familyNetwork } from './families.ts';

/** What compiling runs so that engines compile the kernels before the first step. */
const steps = Network.prototype as unknown as { warmUp(): void };

test.each(Object.keys(FAMILIES))('%s: warming up leaves no trace', (name) => {
  const warmUp = vi.spyOn(steps, 'warmUp').mockImplementation(() => {});
  const cold = familyNetwork(name, 5);
  expect(warmUp).toHaveBeenCalledOnce();
  warmUp.mockRestore();
  const warm = familyNetwork(name, 5);
  expect(warm.snapshot()).toEqual(cold.snapshot());
  expect([warm.steps, warm.skippedSteps]).toEqual([0, 0]);

  const rows = warm.description.shardRows + 3;
  const { features, targets } = familyData(name, warm, rows);
  expect(warm.predictMany(features, rows)).toEqual(cold.predictMany(features, rows));
  for (let step = 0; step < 3; step++) expect(warm.learnMany(features, targets, rows)).toEqual(cold.learnMany(features, targets, rows));
  expect(warm.snapshot()).toEqual(cold.snapshot());
});

test('an optimizer is warmed up on no floats at all', () => {
  const counts: number[] = [];
  const optimizer: Optimizer = {
    name: 'recording',
    slots: 0,
    config: {},
    init() {},
    update: ({ count, step }) => void counts.push(count, step),
  };
  const network = compile(sequential([dense(2)], { inputShape: [4] }), { loss: meanSquaredError(), optimizer });
  network.learnMany(new Float32Array(4), new Float32Array(2), 1);
  expect(counts).toEqual([0, 0, network.description.parameterFloats, 0]);
});

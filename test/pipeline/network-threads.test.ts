import { expect, test } from 'vitest';
import { adam, compile, gru, meanSquaredError, sequential } from '../../models/index.ts';
import { spawnThread } from '../../pipeline/index.ts';

test('networks have threads wherever pipelines are known, and can be told how to start them', () => {
  const model = sequential([gru(8)], { inputShape: [6, 3] });
  const rows = 200;
  const [features, targets] = [new Float32Array(rows * 18).fill(0.25), new Float32Array(rows * 8)];
  const states = [1, 2, { count: 2 }, { count: 2, spawn: spawnThread }].map((threads) => {
    const network = compile(model, { loss: meanSquaredError(), optimizer: adam(), seed: 3, threads });
    network.learnMany(features, targets, rows);
    network.close();
    return network.snapshot();
  });
  for (const state of states) expect(state).toEqual(states[0]);
});

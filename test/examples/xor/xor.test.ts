import { expect, test } from 'vitest';
import { learnXor } from '../../../examples/xor/xor.ts';

test('converges within 20,000 steps from at least 19 of 20 seeds', () => {
  const reports = Array.from({ length: 20 }, (_, seed) => learnXor(seed + 1));
  const converged = reports.filter((report) => report.converged);
  expect(converged.length).toBeGreaterThanOrEqual(19);
  for (const { predictions } of converged) {
    expect([...predictions].map(Math.round)).toEqual([0, 1, 1, 0]);
    for (const [row, target] of [0, 1, 1, 0].entries()) expect(Math.abs(predictions[row]! - target)).toBeLessThan(0.1);
  }
});

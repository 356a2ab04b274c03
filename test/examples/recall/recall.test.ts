import { expect, test } from 'vitest';
import { learnRecall } from '../../../examples/recall/recall.ts';

test('the first feature of three steps before the end is recalled within 50,000 sequences', () => {
  for (const seed of [1, 2]) expect(learnRecall(seed).errorShare).toBeLessThan(0.05);
});

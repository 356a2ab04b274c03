import { expect, test } from 'vitest';
import { trainingLines } from '../../cli/training-lines.ts';

test('a step that trains beside ingestion tells what became of its mini-batches; others tell nothing', () => {
  const lines = trainingLines({
    dedupe: { in: 10, out: 9 },
    learn: { in: 9, trained: 1200, coalesced: 30, sampledOut: 4 },
    'learn-2': { in: 9, trained: 7 },
  });
  expect(lines).toEqual([
    'learn trains beside: 1,200 mini-batches learned, 30 of them coalesced with a later one; 4 sampled out',
    'learn-2 trains beside: 7 mini-batches learned, 0 of them coalesced with a later one; 0 sampled out',
  ]);
});

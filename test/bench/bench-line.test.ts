import { expect, test } from 'vitest';
import { benchLine, benchTable } from '../../bench/bench-line.ts';

test('a ratio above 1 means that ours is better: rates', () => {
  const line = benchLine('codec', { case: 'decode', unit: 'rows/s', ours: 300, peer: { name: 'other', value: 100 } });
  expect(line).toEqual({ suite: 'codec', case: 'decode', unit: 'rows/s', ours: 300, peer: 100, peerName: 'other', ratio: 3 });
});

test('a ratio above 1 means that ours is better: times', () => {
  expect(benchLine('train', { case: 'step', unit: 'us', ours: 50, peer: { name: 'other', value: 200 }, lessIsBetter: true }).ratio).toBe(4);
});

test('without a peer the three are null', () => {
  expect(benchLine('train', { case: 'step', unit: 'us', ours: 50 })).toMatchObject({ peer: null, peerName: null, ratio: null });
});

test('the table aligns words left and numbers right', () => {
  const lines = [
    benchLine('s', { case: 'short', unit: 'rows/s', ours: 1_234_567, peer: { name: 'p', value: 617_283.5 } }),
    benchLine('s', { case: 'a longer case', unit: 'us', ours: 5 }),
  ];
  expect(benchTable(lines)).toBe(
    [
      'case           unit         ours  peer    value  ratio',
      'short          rows/s  1,235,000  p     617,300  2.00x',
      'a longer case  us              5  -           -      -',
    ].join('\n'),
  );
});

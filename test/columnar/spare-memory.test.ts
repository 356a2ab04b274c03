import { expect, test } from 'vitest';
import { SpareMemory } from '../../columnar/index.ts';

const LARGE = 200_000;

test('memory that was given back is taken again where it is long enough and not far too long', () => {
  const memory = new SpareMemory();
  const first = memory.take(LARGE);
  expect(first.length).toBe(LARGE);
  memory.give(first.buffer);
  expect(memory.take(5 * LARGE).buffer).not.toBe(first.buffer);
  expect(memory.take(LARGE / 4).buffer).not.toBe(first.buffer);
  const again = memory.take(LARGE - 1000);
  expect(again.buffer).toBe(first.buffer);
  expect(again.length).toBe(LARGE - 1000);
  expect(memory.take(LARGE).buffer).not.toBe(first.buffer);
});

test('small memory is exact, and not kept', () => {
  const memory = new SpareMemory();
  const small = memory.take(1000);
  expect(small.buffer.byteLength).toBe(1000);
  memory.give(small.buffer);
  expect(small.buffer.detached).toBe(false);
  expect(memory.take(1000).buffer).not.toBe(small.buffer);
});

test('no more is kept than 32 MB: what goes beyond is freed at once', () => {
  const memory = new SpareMemory();
  const taken = Array.from({ length: 5 }, () => memory.take(8 * 1024 * 1024));
  for (const { buffer } of taken) memory.give(buffer);
  expect(taken.map(({ buffer }) => buffer.detached)).toEqual([false, false, false, false, true]);
});

import { expect, test } from 'vitest';
import { growMemory } from '../../kernels/index.ts';

const PAGE = 65_536;

test('a memory becomes as long as is asked, keeps its bytes, and tells whether views are lost', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const before = new Uint8Array(memory.buffer);
  before[PAGE - 1] = 7;
  expect(growMemory(memory, PAGE)).toBe(false);
  expect(before).toHaveLength(PAGE);
  expect(growMemory(memory, PAGE + 1)).toBe(true);
  expect(before).toHaveLength(0);
  expect(memory.buffer.byteLength).toBe(2 * PAGE);
  expect(new Uint8Array(memory.buffer)[PAGE - 1]).toBe(7);
});

/** Pages that a memory of so many pages grows by when it must have one byte more. */
function pagesMore(pages: number): number {
  let grown = 0;
  const grow = (delta: number) => {
    grown += delta;
    return pages;
  };
  growMemory({ buffer: { byteLength: pages * PAGE }, grow } as unknown as WebAssembly.Memory, pages * PAGE + 1);
  return grown;
}

test('a memory grows by an eighth at least, as far as there can be so much', () => {
  expect(pagesMore(8)).toBe(1);
  expect(pagesMore(800)).toBe(100);
  expect(pagesMore(65_000)).toBe(536);
  expect(() => growMemory(new WebAssembly.Memory({ initial: 1 }), 2 ** 33)).toThrow(RangeError);
});

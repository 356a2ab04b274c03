import { expect, test } from 'vitest';
import { BatchMemory, freshArray } from '../../columnar/fresh-array.ts';

test('arrays of one batch lie aligned and apart, also those larger than a chunk', () => {
  const memory = new BatchMemory(100);
  const arrays = [
    memory.array(Int8Array, 7),
    memory.array(Float64Array, 100),
    memory.array(Int32Array, 33),
    memory.array(Float64Array, 5_000),
    memory.array(Int16Array, 100),
    ...Array.from({ length: 20 }, () => memory.array(Float64Array, 100)),
  ];
  arrays.forEach((array, index) => {
    array.fill(index + 1);
  });
  for (const [index, array] of arrays.entries()) {
    expect(array.byteOffset % array.BYTES_PER_ELEMENT).toBe(0);
    expect(array.every((value) => value === index + 1)).toBe(true);
  }
});

test('a fresh array has the length asked for and memory of its own', () => {
  for (const length of [0, 1, 63, 64, 4096]) {
    const array = freshArray(Float64Array, length);
    expect(array.length).toBe(length);
    expect(array.buffer.byteLength).toBe(length * 8);
  }
});

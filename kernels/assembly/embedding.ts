// Rows of a table, chosen by whole numbers that arrive as floats; and dropout.

import { zeroFill } from './vector';

/** y[count][width] = table rows; returns the first position whose number is not a row of the table, or -1. */
export function embeddingForward(count: i32, vocabulary: i32, width: i32, x: usize, table: usize, y: usize): i32 {
  const bytes = (<usize>width) << 2;
  for (let i = 0; i < count; i++) {
    const token = load<f32>(x + ((<usize>i) << 2));
    if (!(token >= 0 && token < <f32>vocabulary && floor<f32>(token) == token)) return i;
    memory.copy(y, table + <usize>(<i32>token) * bytes, bytes);
    y += bytes;
  }
  return -1;
}

export function embeddingBackward(count: i32, vocabulary: i32, width: i32, x: usize, dTable: usize, dy: usize): void {
  const bytes = (<usize>width) << 2;
  zeroFill(dTable, vocabulary * width);
  for (let i = 0; i < count; i++) {
    const row = dTable + <usize>(<i32>load<f32>(x + ((<usize>i) << 2))) * bytes;
    for (let j: usize = 0; j < bytes; j += 16) v128.store(row + j, f32x4.add(v128.load(row + j), v128.load(dy + j)));
    dy += bytes;
  }
}

/** 64 well mixed bits of a counter (the finalizer of splitmix64). */
// @ts-ignore: decorator
@inline
function mixed(counter: u64): u64 {
  let z = counter;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/**
 * y = x * scale where the counter-based random number of the element is at least `threshold`, else 0. The number depends on the key, the salt and the
 * element's place in the mini-batch alone, so the backward pass finds the same mask and threads do not change it.
 */
export function dropout(count: i32, x: usize, y: usize, first: u64, key: u64, salt: u32, threshold: u32, scale: f32): void {
  const stream = mixed(key + <u64>salt * 0x9e3779b97f4a7c15);
  for (let i = 0; i < count; i++) {
    const random = <u32>(mixed(stream + (first + <u64>i) * 0x9e3779b97f4a7c15) >> 32);
    const at = (<usize>i) << 2;
    store<f32>(y + at, random >= threshold ? load<f32>(x + at) * scale : 0);
  }
}

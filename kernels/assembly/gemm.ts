// C = A B over register tiles of 4 rows x 8 columns. Every element of C is one running sum over k in ascending order,
// whatever tile it falls in, so a row's result does not depend on how many rows are computed with it.

import { multiplyAdd } from './vector';

/** How C starts: from zero, from a bias row, or from what it holds. */
export const START_ZERO: i32 = 0;
export const START_BIAS: i32 = 1;
export const START_LOAD: i32 = 2;

// @ts-ignore: decorator
@inline
function startValue(start: i32, bias: usize, c: usize): v128 {
  if (start == START_BIAS) return v128.load(bias);
  if (start == START_LOAD) return v128.load(c);
  return f32x4.splat(0);
}

/** Four rows by eight columns. Strides are in bytes. */
// @ts-ignore: decorator
@inline
function tile4x8(k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, start: i32, bias: usize): void {
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  let s00 = startValue(start, bias, c);
  let s01 = startValue(start, bias + 16, c + 16);
  let s10 = startValue(start, bias, c1);
  let s11 = startValue(start, bias + 16, c1 + 16);
  let s20 = startValue(start, bias, c2);
  let s21 = startValue(start, bias + 16, c2 + 16);
  let s30 = startValue(start, bias, c3);
  let s31 = startValue(start, bias + 16, c3 + 16);
  let a1 = a + lda;
  let a2 = a1 + lda;
  let a3 = a2 + lda;
  const end = a + ((<usize>k) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, b0, s00);
    s01 = multiplyAdd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = multiplyAdd(x, b0, s10);
    s11 = multiplyAdd(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = multiplyAdd(x, b0, s20);
    s21 = multiplyAdd(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = multiplyAdd(x, b0, s30);
    s31 = multiplyAdd(x, b1, s31);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += ldb;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

// @ts-ignore: decorator
@inline
function tile4x4(k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, ldc: usize, start: i32, bias: usize): void {
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  let s0 = startValue(start, bias, c);
  let s1 = startValue(start, bias, c1);
  let s2 = startValue(start, bias, c2);
  let s3 = startValue(start, bias, c3);
  let a1 = a + lda;
  let a2 = a1 + lda;
  let a3 = a2 + lda;
  const end = a + ((<usize>k) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    s0 = multiplyAdd(v128.load32_splat(a), b0, s0);
    s1 = multiplyAdd(v128.load32_splat(a1), b0, s1);
    s2 = multiplyAdd(v128.load32_splat(a2), b0, s2);
    s3 = multiplyAdd(v128.load32_splat(a3), b0, s3);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += ldb;
  }
  v128.store(c, s0);
  v128.store(c1, s1);
  v128.store(c2, s2);
  v128.store(c3, s3);
}

/** One row by 32 columns (four panels of eight): enough independent sums to hide the latency of the additions. */
// @ts-ignore: decorator
@inline
function tile1x32(k: i32, a: usize, b: usize, ldb: usize, panel: usize, c: usize, start: i32, bias: usize): void {
  let s0 = startValue(start, bias, c);
  let s1 = startValue(start, bias + 16, c + 16);
  let s2 = startValue(start, bias + 32, c + 32);
  let s3 = startValue(start, bias + 48, c + 48);
  let s4 = startValue(start, bias + 64, c + 64);
  let s5 = startValue(start, bias + 80, c + 80);
  let s6 = startValue(start, bias + 96, c + 96);
  let s7 = startValue(start, bias + 112, c + 112);
  let b1 = b + panel;
  let b2 = b1 + panel;
  let b3 = b2 + panel;
  const end = a + ((<usize>k) << 2);
  while (a < end) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(b1), s2);
    s3 = multiplyAdd(x, v128.load(b1, 16), s3);
    s4 = multiplyAdd(x, v128.load(b2), s4);
    s5 = multiplyAdd(x, v128.load(b2, 16), s5);
    s6 = multiplyAdd(x, v128.load(b3), s6);
    s7 = multiplyAdd(x, v128.load(b3, 16), s7);
    a += 4;
    b += ldb;
    b1 += ldb;
    b2 += ldb;
    b3 += ldb;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
  v128.store(c, s4, 64);
  v128.store(c, s5, 80);
  v128.store(c, s6, 96);
  v128.store(c, s7, 112);
}

/** One row by up to 16 columns, of which `vectors` * 4 are stored; what lies behind B's rows is read, but not used. */
// @ts-ignore: decorator
@inline
function tile1x16(k: i32, a: usize, b: usize, ldb: usize, panel: usize, c: usize, start: i32, bias: usize, vectors: i32): void {
  const zero = f32x4.splat(0);
  let s0 = startValue(start, bias, c);
  let s1 = vectors > 1 ? startValue(start, bias + 16, c + 16) : zero;
  let s2 = vectors > 2 ? startValue(start, bias + 32, c + 32) : zero;
  let s3 = vectors > 3 ? startValue(start, bias + 48, c + 48) : zero;
  let next = vectors > 2 ? b + panel : b;
  const end = a + ((<usize>k) << 2);
  while (a < end) {
    const x = v128.load32_splat(a);
    s0 = multiplyAdd(x, v128.load(b), s0);
    s1 = multiplyAdd(x, v128.load(b, 16), s1);
    s2 = multiplyAdd(x, v128.load(next), s2);
    s3 = multiplyAdd(x, v128.load(next, 16), s3);
    a += 4;
    b += ldb;
    next += ldb;
  }
  v128.store(c, s0);
  if (vectors > 1) v128.store(c, s1, 16);
  if (vectors > 2) v128.store(c, s2, 32);
  if (vectors > 3) v128.store(c, s3, 48);
}

/** Rows that fill no tile of four: wide tiles first. */
function singleRow(n: i32, k: i32, a: usize, b: usize, ldb: usize, panel: usize, c: usize, start: i32, bias: usize): void {
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    tile1x32(k, a, b, ldb, panel, c, start, bias);
    b += panel << 2;
    c += 128;
    bias += 128;
  }
  for (; j < n; j += 16) {
    tile1x16(k, a, b, ldb, panel, c, start, bias, min(4, (n - j) >> 2));
    b += panel << 1;
    c += 64;
    bias += 64;
  }
}

/**
 * C[m][n] = start + A[m][k] B[k][n], n a multiple of 4.
 * Strides lda, ldb, ldc are in floats. `panel` is the distance in floats between B's column blocks of eight:
 * 8 for a plain matrix, 8 * k (with ldb 8) for one packed by `packPanels`.
 */
export function gemm(
  m: i32, n: i32, k: i32, a: usize, lda: i32, b: usize, ldb: i32, panel: i32, c: usize, ldc: i32, start: i32, bias: usize,
): void {
  const strideA = (<usize>lda) << 2;
  const strideB = (<usize>ldb) << 2;
  const strideC = (<usize>ldc) << 2;
  const blocks = m & ~3;
  if (blocks) {
    let panelB = b;
    let panelC = c;
    let panelBias = bias;
    let j = 0;
    for (; j + 8 <= n; j += 8) {
      for (let i = 0, rowA = a, rowC = panelC; i < blocks; i += 4) {
        tile4x8(k, rowA, strideA, panelB, strideB, rowC, strideC, start, panelBias);
        rowA += strideA << 2;
        rowC += strideC << 2;
      }
      panelB += (<usize>panel) << 2;
      panelC += 32;
      panelBias += 32;
    }
    if (j < n) {
      for (let i = 0, rowA = a, rowC = panelC; i < blocks; i += 4) {
        tile4x4(k, rowA, strideA, panelB, strideB, rowC, strideC, start, panelBias);
        rowA += strideA << 2;
        rowC += strideC << 2;
      }
    }
  }
  for (let i = blocks; i < m; i++) {
    const rowA = a + <usize>i * strideA;
    const rowC = c + <usize>i * strideC;
    singleRow(n, k, rowA, b, strideB, (<usize>panel) << 2, rowC, start, bias);
  }
}

/** Copies B[k][n] into panels of eight columns, each k rows of eight floats; columns past n become zero. */
export function packPanels(k: i32, n: i32, b: usize, ldb: i32, packed: usize): void {
  const strideB = (<usize>ldb) << 2;
  for (let j = 0; j < n; j += 8) {
    const wide = j + 8 <= n;
    let source = b + ((<usize>j) << 2);
    for (let i = 0; i < k; i++) {
      v128.store(packed, v128.load(source));
      v128.store(packed, wide ? v128.load(source, 16) : f32x4.splat(0), 16);
      packed += 32;
      source += strideB;
    }
  }
}

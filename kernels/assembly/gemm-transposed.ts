// The two products of back-propagation: dW = A^T D (sums over rows) and the transposed copy of W that dX = D W^T needs.

import { dotProduct, multiplyAdd } from './vector';
import { packPanels } from './gemm';

/** Rows summed before the partial sums go back to memory: the panels of A and D stay in the first-level cache. */
export const ROW_BLOCK: i32 = 64;

// @ts-ignore: decorator
@inline
function outer4x8(m: i32, a: usize, lda: usize, d: usize, ldd: usize, c: usize, ldc: usize, accumulate: bool): void {
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  const zero = f32x4.splat(0);
  let s00 = accumulate ? v128.load(c) : zero;
  let s01 = accumulate ? v128.load(c, 16) : zero;
  let s10 = accumulate ? v128.load(c1) : zero;
  let s11 = accumulate ? v128.load(c1, 16) : zero;
  let s20 = accumulate ? v128.load(c2) : zero;
  let s21 = accumulate ? v128.load(c2, 16) : zero;
  let s30 = accumulate ? v128.load(c3) : zero;
  let s31 = accumulate ? v128.load(c3, 16) : zero;
  for (let i = 0; i < m; i++) {
    const d0 = v128.load(d);
    const d1 = v128.load(d, 16);
    let x = v128.load32_splat(a);
    s00 = multiplyAdd(x, d0, s00);
    s01 = multiplyAdd(x, d1, s01);
    x = v128.load32_splat(a, 4);
    s10 = multiplyAdd(x, d0, s10);
    s11 = multiplyAdd(x, d1, s11);
    x = v128.load32_splat(a, 8);
    s20 = multiplyAdd(x, d0, s20);
    s21 = multiplyAdd(x, d1, s21);
    x = v128.load32_splat(a, 12);
    s30 = multiplyAdd(x, d0, s30);
    s31 = multiplyAdd(x, d1, s31);
    a += lda;
    d += ldd;
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
function outer4x4(m: i32, a: usize, lda: usize, d: usize, ldd: usize, c: usize, ldc: usize, accumulate: bool): void {
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  const zero = f32x4.splat(0);
  let s0 = accumulate ? v128.load(c) : zero;
  let s1 = accumulate ? v128.load(c1) : zero;
  let s2 = accumulate ? v128.load(c2) : zero;
  let s3 = accumulate ? v128.load(c3) : zero;
  for (let i = 0; i < m; i++) {
    const d0 = v128.load(d);
    s0 = multiplyAdd(v128.load32_splat(a), d0, s0);
    s1 = multiplyAdd(v128.load32_splat(a, 4), d0, s1);
    s2 = multiplyAdd(v128.load32_splat(a, 8), d0, s2);
    s3 = multiplyAdd(v128.load32_splat(a, 12), d0, s3);
    a += lda;
    d += ldd;
  }
  v128.store(c, s0);
  v128.store(c1, s1);
  v128.store(c2, s2);
  v128.store(c3, s3);
}

/** C = a^T d for a single row: a mini-batch of one. Adds to 0 as the general loop does, so that a negative zero comes out the same. */
function outerProduct(k: i32, n: i32, a: usize, d: usize, c: usize, ldc: usize): void {
  const zero = f32x4.splat(0);
  const bytes = (<usize>n) << 2;
  for (let i = 0; i < k; i++) {
    const x = v128.load32_splat(a);
    for (let j: usize = 0; j < bytes; j += 16) v128.store(c + j, multiplyAdd(x, v128.load(d + j), zero));
    a += 4;
    c += ldc;
  }
}

/** One row of C over all its columns: for the last rows. */
function outerRow(m: i32, n: i32, a: usize, lda: usize, d: usize, ldd: usize, c: usize, accumulate: bool): void {
  for (let j = 0; j < n; j += 4) {
    let s = accumulate ? v128.load(c) : f32x4.splat(0);
    let rowA = a;
    let rowD = d;
    for (let i = 0; i < m; i++) {
      s = multiplyAdd(v128.load32_splat(rowA), v128.load(rowD), s);
      rowA += lda;
      rowD += ldd;
    }
    v128.store(c, s);
    c += 16;
    d += 16;
  }
}

function outerBlock(
  m: i32, k: i32, n: i32, a: usize, lda: usize, d: usize, ldd: usize, panel: usize, c: usize, ldc: usize, accumulate: bool,
): void {
  if (m == 1 && !accumulate) return outerProduct(k, n, a, d, c, ldc);
  const blocks = k & ~3;
  if (blocks) {
    let panelD = d;
    let panelC = c;
    let j = 0;
    for (; j + 8 <= n; j += 8) {
      for (let i = 0, columnA = a, rowC = panelC; i < blocks; i += 4) {
        outer4x8(m, columnA, lda, panelD, ldd, rowC, ldc, accumulate);
        columnA += 16;
        rowC += ldc << 2;
      }
      panelD += panel;
      panelC += 32;
    }
    if (j < n) {
      for (let i = 0, columnA = a, rowC = panelC; i < blocks; i += 4) {
        outer4x4(m, columnA, lda, panelD, ldd, rowC, ldc, accumulate);
        columnA += 16;
        rowC += ldc << 2;
      }
    }
  }
  for (let i = blocks; i < k; i++) {
    const columnA = a + ((<usize>i) << 2);
    let rowC = c + <usize>i * ldc;
    if (panel == 32) outerRow(m, n, columnA, lda, d, ldd, rowC, accumulate);
    else {
      for (let j = 0, panelD = d; j < n; j += 8) {
        outerRow(m, min(8, n - j), columnA, lda, panelD, ldd, rowC, accumulate);
        panelD += panel;
        rowC += 32;
      }
    }
  }
}

/**
 * C[k][n] (+)= A[m][k]^T D[m][n], summed over m in ascending order. n is a multiple of 4; strides in floats;
 * `scratch` holds ROW_BLOCK * (n rounded up to 8) floats.
 */
export function gemmTransposed(
  m: i32, k: i32, n: i32, a: usize, lda: i32, d: usize, ldd: i32, c: usize, ldc: i32, accumulate: bool, scratch: usize,
): void {
  const strideA = (<usize>lda) << 2;
  const strideD = (<usize>ldd) << 2;
  const strideC = (<usize>ldc) << 2;
  if (m == 0 && !accumulate) {
    for (let i = 0; i < k; i++) memory.fill(c + <usize>i * strideC, 0, (<usize>n) << 2);
    return;
  }
  for (let done = 0; done < m; done += ROW_BLOCK) {
    const rows = min(ROW_BLOCK, m - done);
    const rowA = a + <usize>done * strideA;
    const rowD = d + <usize>done * strideD;
    if (n > 64 && k >= 32 && rows >= 32) {
      packPanels(rows, n, rowD, ldd, scratch);
      outerBlock(rows, k, n, rowA, strideA, scratch, 32, (<usize>rows) << 5, c, strideC, accumulate);
    } else {
      outerBlock(rows, k, n, rowA, strideA, rowD, strideD, 32, c, strideC, accumulate);
    }
    accumulate = true;
  }
}

/** c[n] (+)= the sum of D's rows, in ascending order. */
export function columnSums(m: i32, n: i32, d: usize, ldd: i32, c: usize, accumulate: bool): void {
  const strideD = (<usize>ldd) << 2;
  for (let j = 0; j < n; j += 4) {
    let sum = accumulate ? v128.load(c) : f32x4.splat(0);
    let row = d;
    for (let i = 0; i < m; i++) {
      sum = f32x4.add(sum, v128.load(row));
      row += strideD;
    }
    v128.store(c, sum);
    c += 16;
    d += 16;
  }
}

/** T[n][ldt] = W[k][n]^T for n a multiple of 4; columns of T from k up to ldt become zero. */
export function transpose(k: i32, n: i32, w: usize, ldw: i32, t: usize, ldt: i32): void {
  const strideW = (<usize>ldw) << 2;
  const strideT = (<usize>ldt) << 2;
  const zero = f32x4.splat(0);
  for (let i = 0; i < k; i += 4) {
    const row0 = w + <usize>i * strideW;
    const left = k - i;
    let out = t + ((<usize>i) << 2);
    for (let j = 0; j < n; j += 4) {
      const source = row0 + ((<usize>j) << 2);
      const r0 = v128.load(source);
      const r1 = left > 1 ? v128.load(source + strideW) : zero;
      const r2 = left > 2 ? v128.load(source + (strideW << 1)) : zero;
      const r3 = left > 3 ? v128.load(source + strideW * 3) : zero;
      const low01 = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const high23 = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(out, v128.shuffle<i64>(low01, low23, 0, 2));
      out += strideT;
      v128.store(out, v128.shuffle<i64>(low01, low23, 1, 3));
      out += strideT;
      v128.store(out, v128.shuffle<i64>(high01, high23, 0, 2));
      out += strideT;
      v128.store(out, v128.shuffle<i64>(high01, high23, 1, 3));
      out += strideT;
    }
  }
}

/** X[m][k] = D[m][n] W[k][n]^T by dot products: for so few rows that a transposed copy would cost more. */
export function gemmByDots(m: i32, k: i32, n: i32, d: usize, ldd: i32, w: usize, ldw: i32, x: usize, ldx: i32, accumulate: bool): void {
  for (let i = 0; i < m; i++) {
    let row = x + (<usize>(i * ldx) << 2);
    let weights = w;
    for (let q = 0; q < k; q++) {
      const sum = dotProduct(n, d, weights);
      store<f32>(row, accumulate ? load<f32>(row) + sum : sum);
      row += 4;
      weights += (<usize>ldw) << 2;
    }
    d += (<usize>ldd) << 2;
  }
}

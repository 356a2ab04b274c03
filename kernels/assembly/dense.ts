// Fully connected layer: Y = f(X W + b). W is [k][n], rows padded to whole vectors; a layer of one unit keeps W as a plain vector.

import { gemmByDots, gemmTransposed, columnSums, transpose } from './gemm-transposed';
import { gemm, packPanels, START_BIAS, START_ZERO } from './gemm';
import { activate } from './activation';
import { dotProduct, multiplyAdd, paddedWidth, zeroFill } from './vector';

/** Below this many rows, transposed or packed copies of W cost more than they save. */
export const FEW_ROWS: i32 = 8;

/** From this length on, dot products are faster than a transposed copy for few rows. */
const LONG_DOT: i32 = 32;

/** m rows of k inputs (stride ldx) to m rows of n (padded) outputs. `scratch`: k * (n rounded up to 8) floats. */
export function denseForward(
  m: i32, k: i32, n: i32, x: usize, ldx: i32, w: usize, bias: usize, y: usize, activation: i32, slope: f32, scratch: usize,
): void {
  if (n > 64 && m >= 32) {
    packPanels(k, n, w, n, scratch);
    gemm(m, n, k, x, ldx, scratch, 8, 8 * k, y, n, START_BIAS, bias);
  } else {
    gemm(m, n, k, x, ldx, w, n, 8, y, n, START_BIAS, bias);
  }
  activate(activation, y, y, m * n, slope);
}

/**
 * From dZ = dJ/d(XW + b): dW = X^T dZ, db = column sums of dZ and, where `dx` is not 0, dX = dZ W^T (rows of `ldx`).
 * `scratch` holds max(ROW_BLOCK * (n rounded up to 8), n * ldx) floats.
 */
export function denseBackward(
  m: i32, k: i32, n: i32, x: usize, ldx: i32, w: usize, dz: usize, dw: usize, db: usize, dx: usize, scratch: usize,
): void {
  gemmTransposed(m, k, n, x, ldx, dz, n, dw, n, false, scratch);
  columnSums(m, n, dz, n, db, false);
  if (!dx) return;
  if (m < FEW_ROWS && n >= LONG_DOT) gemmByDots(m, k, n, dz, n, w, n, dx, ldx, false);
  else {
    transpose(k, n, w, n, scratch, ldx);
    gemm(m, ldx, n, dz, n, scratch, ldx, 8, dx, ldx, START_ZERO, 0);
  }
}

/** One unit: y[m], rows of four floats of which the first counts. */
export function singleUnitForward(m: i32, k: i32, x: usize, ldx: i32, w: usize, bias: usize, y: usize, activation: i32, slope: f32): void {
  const b = load<f32>(bias);
  let out = y;
  for (let i = 0; i < m; i++) {
    v128.store(out, f32x4.replace_lane(f32x4.splat(0), 0, dotProduct(k, x, w) + b));
    x += (<usize>ldx) << 2;
    out += 16;
  }
  activate(activation, y, y, m << 2, slope);
}

/** The single unit's gradients; w and dw hold k floats and whole vectors may be read and written past them. */
export function singleUnitBackward(m: i32, k: i32, x: usize, ldx: i32, w: usize, dz: usize, dw: usize, db: usize, dx: usize): void {
  const width = (<usize>paddedWidth(k)) << 2;
  zeroFill(dw, k);
  let biasSum: f32 = 0;
  for (let i = 0; i < m; i++) {
    const g = load<f32>(dz);
    const gradient = f32x4.splat(g);
    biasSum += g;
    for (let j: usize = 0; j < width; j += 16) {
      v128.store(dw + j, multiplyAdd(gradient, v128.load(x + j), v128.load(dw + j)));
    }
    if (dx) {
      for (let j: usize = 0; j < width; j += 16) v128.store(dx + j, f32x4.mul(gradient, v128.load(w + j)));
      dx += (<usize>ldx) << 2;
    }
    x += (<usize>ldx) << 2;
    dz += 16;
  }
  // Lanes past k met the next row's inputs: they belong to no weight.
  for (let j = k; j < paddedWidth(k); j++) store<f32>(dw + ((<usize>j) << 2), 0);
  v128.store(db, f32x4.replace_lane(f32x4.splat(0), 0, biasSum));
}

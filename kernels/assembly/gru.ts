// Gated recurrent unit over a time-major sequence (the form with the reset gate after the product, as Keras' default and PyTorch).
//   r = s(x Wr + h Ur + b), z = s(x Wz + h Uz + b), n = tanh(x Wn + b + r * (h Un + c)), h' = n + z * (h - n)
// One buffer row holds [n | r | z | h Un + c], each `width` floats: Wx fills the first three parts, Wh the last three, so that
// both the products and their gradients are single matrix products over adjoining columns.

import { columnSums, gemmTransposed, transpose } from './gemm-transposed';
import { gemm, packPanels, START_BIAS, START_LOAD, START_ZERO } from './gemm';
import { addInto } from './elementwise';
import { gate, hyperbolicTangent } from './math';
import { multiplyAdd } from './vector';

/** Panels of Wh pay from this many rows on. */
const PACKED_ROWS: i32 = 4;

function combineBiases(width: usize, biasX: usize, biasH: usize, combined: usize): void {
  for (let j: usize = 0; j < width; j += 16) {
    v128.store(combined + j, v128.load(biasX + j));
    v128.store(combined + width + j, f32x4.add(v128.load(biasX + width + j), v128.load(biasH + j)));
    v128.store(combined + 2 * width + j, f32x4.add(v128.load(biasX + 2 * width + j), v128.load(biasH + width + j)));
  }
}

/** Gates of one step; `previous` is 0 at the first step. Rows that are over by step t (see `lengths`) keep their state. */
function gruGates(m: i32, width: usize, t: i32, gates: usize, previous: usize, h: usize, biasH: usize, lengths: usize, lengthStride: usize): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < m; i++) {
    const over = lengths != 0 && <f32>t >= load<f32>(lengths + <usize>i * lengthStride);
    for (let j: usize = 0; j < width; j += 16) {
      const at = gates + j;
      const before = previous ? v128.load(previous + j) : zero;
      const r = gate(v128.load(at + width));
      const z = gate(v128.load(at + 2 * width));
      if (!previous) v128.store(at + 3 * width, v128.load(biasH + 2 * width + j));
      const n = hyperbolicTangent(multiplyAdd(r, v128.load(at + 3 * width), v128.load(at)));
      v128.store(at, n);
      v128.store(at + width, r);
      v128.store(at + 2 * width, z);
      v128.store(h + j, over ? before : multiplyAdd(z, f32x4.sub(before, n), n));
    }
    gates += 4 * width;
    if (previous) previous += width;
    h += width;
  }
}

/**
 * `steps` steps of m rows: x[steps][m][ldx] to h[steps][m][width], width = units padded to whole vectors.
 * wx[features][3 width] in the order n, r, z; wh[units][3 width] in the order r, z, n; biases likewise.
 * `gates` holds steps * m * 4 width floats, `scratch` 3 width * (units + 2) floats.
 */
export function gruForward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, biasX: usize, biasH: usize,
  gates: usize, h: usize, lengths: usize, lengthStride: i32, scratch: usize,
): void {
  const width = (units + 3) & ~3;
  const bytes = (<usize>width) << 2;
  const packed = m >= PACKED_ROWS;
  const weights = packed ? scratch + 3 * bytes : wh;
  combineBiases(bytes, biasX, biasH, scratch);
  if (packed) packPanels(units, 3 * width, wh, 3 * width, weights);
  gemm(steps * m, 3 * width, features, x, ldx, wx, 3 * width, 8, gates, 4 * width, START_BIAS, scratch);
  const ldw = packed ? 8 : 3 * width;
  const panel = packed ? 8 * units : 8;
  const candidate = weights + (packed ? <usize>(2 * width * units) << 2 : 2 * bytes);
  let previous: usize = 0;
  for (let t = 0; t < steps; t++) {
    if (previous) {
      gemm(m, 2 * width, units, previous, width, weights, ldw, panel, gates + bytes, 4 * width, START_LOAD, 0);
      gemm(m, width, units, previous, width, candidate, ldw, panel, gates + 3 * bytes, 4 * width, START_BIAS, biasH + 2 * bytes);
    }
    gruGates(m, bytes, t, gates, previous, h, biasH, lengths, <usize>lengthStride << 2);
    previous = h;
    h += <usize>m * bytes;
    gates += <usize>m * bytes * 4;
  }
}

/** Turns one step's gate values into gradients of the pre-activations, and dh into the part of dh that passes by the gates. */
function gruGateGradients(m: i32, width: usize, t: i32, gates: usize, previous: usize, dh: usize, lengths: usize, lengthStride: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let i = 0; i < m; i++) {
    const over = lengths != 0 && <f32>t >= load<f32>(lengths + <usize>i * lengthStride);
    for (let j: usize = 0; j < width; j += 16) {
      const at = gates + j;
      const n = v128.load(at);
      const r = v128.load(at + width);
      const z = v128.load(at + 2 * width);
      const product = v128.load(at + 3 * width);
      const before = previous ? v128.load(previous + j) : zero;
      const full = v128.load(dh + j);
      const d = over ? zero : full;
      const dn = f32x4.mul(f32x4.mul(d, f32x4.sub(one, z)), f32x4.sub(one, f32x4.mul(n, n)));
      const dz = f32x4.mul(f32x4.mul(d, f32x4.sub(before, n)), f32x4.mul(z, f32x4.sub(one, z)));
      const dr = f32x4.mul(f32x4.mul(dn, product), f32x4.mul(r, f32x4.sub(one, r)));
      v128.store(at, dn);
      v128.store(at + width, dr);
      v128.store(at + 2 * width, dz);
      v128.store(at + 3 * width, f32x4.mul(dn, r));
      v128.store(dh + j, over ? full : f32x4.mul(d, z));
    }
    gates += 4 * width;
    if (previous) previous += width;
    dh += width;
  }
}

/**
 * Back-propagation through time. `dh[m][width]` holds the gradient of the last output on entry; `dSequence` (or 0) the gradients of
 * all outputs. Overwrites `gates` with pre-activation gradients, then sums the weights' gradients over all steps at once.
 * `scratch` holds max(3 width * 2 width, ROW_BLOCK * (3 width + 4), 3 width * ldx) floats.
 */
export function gruBackward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, gates: usize, h: usize,
  dh: usize, dSequence: usize, dwx: usize, dwh: usize, dBiasX: usize, dBiasH: usize, dx: usize,
  lengths: usize, lengthStride: i32, scratch: usize,
): void {
  const width = (units + 3) & ~3;
  const bytes = (<usize>width) << 2;
  const stepH = <usize>m * bytes;
  const stepGates = stepH * 4;
  const packed = scratch + 3 * <usize>width * bytes;
  const few = m < PACKED_ROWS;
  transpose(units, 3 * width, wh, 3 * width, scratch, width);
  if (!few) packPanels(3 * width, width, scratch, width, packed);
  for (let t = steps - 1; t >= 0; t--) {
    const at = gates + <usize>t * stepGates;
    const previous = t > 0 ? h + <usize>(t - 1) * stepH : 0;
    if (dSequence) addInto(dSequence + <usize>t * stepH, dh, m * width);
    gruGateGradients(m, bytes, t, at, previous, dh, lengths, <usize>lengthStride << 2);
    if (t == 0) break;
    if (few) gemm(m, width, 3 * width, at + bytes, 4 * width, scratch, width, 8, dh, width, START_LOAD, 0);
    else gemm(m, width, 3 * width, at + bytes, 4 * width, packed, 8, 24 * width, dh, width, START_LOAD, 0);
  }
  const rows = steps * m;
  gemmTransposed(rows, features, 3 * width, x, ldx, gates, 4 * width, dwx, 3 * width, false, scratch);
  gemmTransposed(rows - m, units, 3 * width, h, width, gates + stepGates + bytes, 4 * width, dwh, 3 * width, false, scratch);
  columnSums(rows, 3 * width, gates, 4 * width, dBiasX, false);
  columnSums(rows, 3 * width, gates + bytes, 4 * width, dBiasH, false);
  if (!dx) return;
  transpose(features, 3 * width, wx, 3 * width, scratch, ldx);
  gemm(rows, ldx, 3 * width, gates, 4 * width, scratch, ldx, 8, dx, ldx, START_ZERO, 0);
}


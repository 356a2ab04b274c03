// Long short-term memory over a time-major sequence:
//   i = s(..), f = s(..), g = tanh(..), o = s(x Wo + h Uo + b), c' = f c + i g, h' = o tanh c'
// A buffer row holds the gates [i | f | g | o], each `width` floats (units padded to whole vectors).

import { addInto } from './elementwise';
import { columnSums, gemmTransposed, transpose } from './gemm-transposed';
import { gemm, packPanels, START_BIAS, START_LOAD, START_ZERO } from './gemm';
import { gate, hyperbolicTangent } from './math';
import { multiplyAdd, zeroFill } from './vector';

const PACKED_ROWS: i32 = 4;

/** Gates of one step; `before` (states) and `cells` of the step before are 0 at the first. Rows that are over keep both. */
function lstmGates(
  m: i32, width: usize, t: i32, gates: usize, before: usize, cells: usize, h: usize, c: usize, squashed: usize, lengths: usize, lengthStride: usize,
): void {
  const zero = f32x4.splat(0);
  for (let row = 0; row < m; row++) {
    const over = lengths != 0 && <f32>t >= load<f32>(lengths + <usize>row * lengthStride);
    for (let j: usize = 0; j < width; j += 16) {
      const at = gates + j;
      const cell = cells ? v128.load(cells + j) : zero;
      const i = gate(v128.load(at));
      const f = gate(v128.load(at + width));
      const g = hyperbolicTangent(v128.load(at + 2 * width));
      const o = gate(v128.load(at + 3 * width));
      const next = multiplyAdd(f, cell, f32x4.mul(i, g));
      const tanhNext = hyperbolicTangent(next);
      v128.store(at, i);
      v128.store(at + width, f);
      v128.store(at + 2 * width, g);
      v128.store(at + 3 * width, o);
      v128.store(squashed + j, tanhNext);
      v128.store(c + j, over ? cell : next);
      v128.store(h + j, over ? (before ? v128.load(before + j) : zero) : f32x4.mul(o, tanhNext));
    }
    gates += 4 * width;
    if (before) before += width;
    if (cells) cells += width;
    h += width;
    c += width;
    squashed += width;
  }
}

/**
 * `steps` steps of m rows: x[steps][m][ldx] to h[steps][m][width]. wx[features][4 width], wh[units][4 width], bias[4 width].
 * `gates` holds steps * m * 4 width floats, `c` and `squashed` (tanh c) steps * m * width, `scratch` 4 width * units floats.
 */
export function lstmForward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, bias: usize,
  gates: usize, h: usize, c: usize, squashed: usize, lengths: usize, lengthStride: i32, scratch: usize,
): void {
  const width = (units + 3) & ~3;
  const bytes = (<usize>width) << 2;
  const packed = m >= PACKED_ROWS;
  if (packed) packPanels(units, 4 * width, wh, 4 * width, scratch);
  gemm(steps * m, 4 * width, features, x, ldx, wx, 4 * width, 8, gates, 4 * width, START_BIAS, bias);
  let before: usize = 0;
  let cells: usize = 0;
  for (let t = 0; t < steps; t++) {
    if (before && packed) gemm(m, 4 * width, units, before, width, scratch, 8, 8 * units, gates, 4 * width, START_LOAD, 0);
    else if (before) gemm(m, 4 * width, units, before, width, wh, 4 * width, 8, gates, 4 * width, START_LOAD, 0);
    lstmGates(m, bytes, t, gates, before, cells, h, c, squashed, lengths, <usize>lengthStride << 2);
    before = h;
    cells = c;
    h += <usize>m * bytes;
    c += <usize>m * bytes;
    squashed += <usize>m * bytes;
    gates += <usize>m * bytes * 4;
  }
}

/** Turns gate values into pre-activation gradients, dc into the earlier cell's, dh into what passes a finished row unchanged. */
function lstmGateGradients(
  m: i32, width: usize, t: i32, gates: usize, cells: usize, squashed: usize, dh: usize, dc: usize, lengths: usize, lengthStride: usize,
): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let row = 0; row < m; row++) {
    const over = lengths != 0 && <f32>t >= load<f32>(lengths + <usize>row * lengthStride);
    for (let j: usize = 0; j < width; j += 16) {
      const at = gates + j;
      if (over) {
        for (let part = 0; part < 4; part++) v128.store(at + <usize>part * width, zero);
        continue;
      }
      const i = v128.load(at);
      const f = v128.load(at + width);
      const g = v128.load(at + 2 * width);
      const o = v128.load(at + 3 * width);
      const tanhCell = v128.load(squashed + j);
      const d = v128.load(dh + j);
      const cell = cells ? v128.load(cells + j) : zero;
      const dCell = multiplyAdd(f32x4.mul(d, o), f32x4.sub(one, f32x4.mul(tanhCell, tanhCell)), v128.load(dc + j));
      v128.store(at, f32x4.mul(f32x4.mul(dCell, g), f32x4.mul(i, f32x4.sub(one, i))));
      v128.store(at + width, f32x4.mul(f32x4.mul(dCell, cell), f32x4.mul(f, f32x4.sub(one, f))));
      v128.store(at + 2 * width, f32x4.mul(f32x4.mul(dCell, i), f32x4.sub(one, f32x4.mul(g, g))));
      v128.store(at + 3 * width, f32x4.mul(f32x4.mul(d, tanhCell), f32x4.mul(o, f32x4.sub(one, o))));
      v128.store(dc + j, f32x4.mul(dCell, f));
      v128.store(dh + j, zero);
    }
    gates += 4 * width;
    if (cells) cells += width;
    squashed += width;
    dh += width;
    dc += width;
  }
}

/**
 * Back-propagation through time; see gruBackward for dh, dSequence and dx. `dc` holds m * width floats. `scratch` holds
 * max(4 width * (2 width + 8), ROW_BLOCK * (4 width + 4), 4 width * ldx) floats.
 */
export function lstmBackward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, gates: usize, h: usize, c: usize, squashed: usize,
  dh: usize, dc: usize, dSequence: usize, dwx: usize, dwh: usize, dBias: usize, dx: usize, lengths: usize, lengthStride: i32, scratch: usize,
): void {
  const width = (units + 3) & ~3;
  const gateWidth = 4 * width;
  const bytes = (<usize>width) << 2;
  const stepH = <usize>m * bytes;
  const packed = scratch + 4 * <usize>width * bytes;
  const few = m < PACKED_ROWS;
  transpose(units, gateWidth, wh, gateWidth, scratch, width);
  if (!few) packPanels(gateWidth, width, scratch, width, packed);
  zeroFill(dc, m * width);
  for (let t = steps - 1; t >= 0; t--) {
    const at = gates + <usize>t * stepH * 4;
    const cells = t > 0 ? c + <usize>(t - 1) * stepH : 0;
    if (dSequence) addInto(dSequence + <usize>t * stepH, dh, m * width);
    lstmGateGradients(m, bytes, t, at, cells, squashed + <usize>t * stepH, dh, dc, lengths, <usize>lengthStride << 2);
    if (t == 0) break;
    const start = lengths ? START_LOAD : START_ZERO;
    if (few) gemm(m, width, gateWidth, at, gateWidth, scratch, width, 8, dh, width, start, 0);
    else gemm(m, width, gateWidth, at, gateWidth, packed, 8, 8 * gateWidth, dh, width, start, 0);
  }
  const rows = steps * m;
  gemmTransposed(rows, features, gateWidth, x, ldx, gates, gateWidth, dwx, gateWidth, false, scratch);
  gemmTransposed(rows - m, units, gateWidth, h, width, gates + stepH * 4, gateWidth, dwh, gateWidth, false, scratch);
  columnSums(rows, gateWidth, gates, gateWidth, dBias, false);
  if (!dx) return;
  transpose(features, gateWidth, wx, gateWidth, scratch, ldx);
  gemm(rows, ldx, gateWidth, gates, gateWidth, scratch, ldx, 8, dx, ldx, START_ZERO, 0);
}

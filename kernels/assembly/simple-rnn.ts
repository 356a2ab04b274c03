// The plain recurrent layer over a time-major sequence: h' = f(x Wx + h Wh + b).

import { activate, activateBackward } from './activation';
import { addInto } from './elementwise';
import { columnSums, gemmTransposed, transpose } from './gemm-transposed';
import { gemm, START_BIAS, START_LOAD, START_ZERO } from './gemm';


/** Rows that are over by step t take the state before it (0 at the first step). */
function keepFinishedRows(m: i32, width: i32, t: i32, before: usize, h: usize, lengths: usize, lengthStride: i32): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < m; row++) {
    if (<f32>t < load<f32>(lengths + (<usize>(row * lengthStride) << 2))) continue;
    if (before) memory.copy(h + <usize>row * bytes, before + <usize>row * bytes, bytes);
    else memory.fill(h + <usize>row * bytes, 0, bytes);
  }
}

/** x[steps][m][ldx] to h[steps][m][width]; wx[features][width], wh[units][width], bias[width], width = units padded. */
export function simpleRnnForward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, bias: usize, h: usize,
  activation: i32, lengths: usize, lengthStride: i32,
): void {
  const width = (units + 3) & ~3;
  const step = (<usize>(m * width)) << 2;
  gemm(steps * m, width, features, x, ldx, wx, width, 8, h, width, START_BIAS, bias);
  for (let t = 0; t < steps; t++) {
    const before = t > 0 ? h - step : 0;
    if (before) gemm(m, width, units, before, width, wh, width, 8, h, width, START_LOAD, 0);
    activate(activation, h, h, m * width, 0);
    if (lengths) keepFinishedRows(m, width, t, before, h, lengths, lengthStride);
    h += step;
  }
}

/** dz = dh f'(h) for rows still running, which also lose their dh; 0 for rows that are over, whose dh passes on. */
function splitGradient(m: i32, width: i32, t: i32, h: usize, dh: usize, dz: usize, activation: i32, lengths: usize, lengthStride: i32): void {
  const bytes = (<usize>width) << 2;
  memory.copy(dz, dh, <usize>m * bytes);
  activateBackward(activation, h, dz, m * width, 0);
  if (!lengths) return;
  for (let row = 0; row < m; row++) {
    const over = <f32>t >= load<f32>(lengths + (<usize>(row * lengthStride) << 2));
    memory.fill((over ? dz : dh) + <usize>row * bytes, 0, bytes);
  }
}

/**
 * Back-propagation through time; see gruBackward for dh, dSequence and dx. `dz` holds steps * m * width floats, `scratch`
 * max(width * width, ROW_BLOCK * (width + 4), width * ldx) floats.
 */
export function simpleRnnBackward(
  m: i32, steps: i32, features: i32, units: i32, x: usize, ldx: i32, wx: usize, wh: usize, h: usize, dz: usize,
  dh: usize, dSequence: usize, dwx: usize, dwh: usize, dBias: usize, dx: usize, activation: i32,
  lengths: usize, lengthStride: i32, scratch: usize,
): void {
  const width = (units + 3) & ~3;
  const step = (<usize>(m * width)) << 2;
  transpose(units, width, wh, width, scratch, width);
  for (let t = steps - 1; t >= 0; t--) {
    const at = dz + <usize>t * step;
    if (dSequence) addInto(dSequence + <usize>t * step, dh, m * width);
    splitGradient(m, width, t, h + <usize>t * step, dh, at, activation, lengths, lengthStride);
    if (t > 0) gemm(m, width, width, at, width, scratch, width, 8, dh, width, lengths ? START_LOAD : START_ZERO, 0);
  }
  const rows = steps * m;
  gemmTransposed(rows, features, width, x, ldx, dz, width, dwx, width, false, scratch);
  gemmTransposed(rows - m, units, width, h, width, dz + step, width, dwh, width, false, scratch);
  columnSums(rows, width, dz, width, dBias, false);
  if (!dx) return;
  transpose(features, width, wx, width, scratch, ldx);
  gemm(rows, ldx, width, dz, width, scratch, ldx, 8, dx, ldx, START_ZERO, 0);
}

// Convolution over channels-last images (a sequence is an image of height 1). A run of kernel columns is contiguous in such an image, so each
// output row is a matrix product over overlapping rows: no patch matrix is built. Padding has been added to x beforehand.

import { gemm, START_LOAD } from './gemm';
import { columnSums, gemmTransposed, transpose } from './gemm-transposed';
import { activate } from './activation';
import { multiplyAdd, zeroFill } from './vector';

/** Words of the shape block that heads a convolution's instruction. */
// @ts-ignore: decorator
@unmanaged
export class ConvolutionShape {
  /** Of the padded input. */
  height: i32;
  width: i32;
  /** Floats from pixel to pixel, at least `channels`. */
  pitch: i32;
  channels: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  outHeight: i32;
  outWidth: i32;
  /** Padded to whole vectors. */
  filters: i32;
}

/** Contiguous runs of a kernel row: one of kernelWidth * channels floats where pixels adjoin, else one a pixel. */
// @ts-ignore: decorator
@inline
function runsPerRow(s: ConvolutionShape): i32 {
  return s.dilationWidth == 1 && s.pitch == s.channels ? 1 : s.kernelWidth;
}

/** Four output pixels (distance `step` bytes) by eight filters, or four where `wide` is false; runs as in `convolveRow`. */
// @ts-ignore: decorator
@inline
function tile4(
  rows: i32, rowStep: usize, runs: i32, runStep: usize, length: i32, a: usize, step: usize, w: usize, filters: usize, c: usize, bias: usize, wide: bool,
): void {
  let s00 = v128.load(bias);
  let s01 = v128.load(bias, 16);
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  for (let y = 0; y < rows; y++) {
    let run = a;
    for (let r = 0; r < runs; r++) {
      let p0 = run;
      let p1 = p0 + step;
      let p2 = p1 + step;
      let p3 = p2 + step;
      const end = run + ((<usize>length) << 2);
      while (p0 < end) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        let x = v128.load32_splat(p0);
        s00 = multiplyAdd(x, w0, s00);
        s01 = multiplyAdd(x, w1, s01);
        x = v128.load32_splat(p1);
        s10 = multiplyAdd(x, w0, s10);
        s11 = multiplyAdd(x, w1, s11);
        x = v128.load32_splat(p2);
        s20 = multiplyAdd(x, w0, s20);
        s21 = multiplyAdd(x, w1, s21);
        x = v128.load32_splat(p3);
        s30 = multiplyAdd(x, w0, s30);
        s31 = multiplyAdd(x, w1, s31);
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
        w += filters;
      }
      run += runStep;
    }
    a += rowStep;
  }
  v128.store(c, s00);
  if (wide) v128.store(c, s01, 16);
  c += filters;
  v128.store(c, s10);
  if (wide) v128.store(c, s11, 16);
  c += filters;
  v128.store(c, s20);
  if (wide) v128.store(c, s21, 16);
  c += filters;
  v128.store(c, s30);
  if (wide) v128.store(c, s31, 16);
}

// @ts-ignore: decorator
@inline
function tile1(rows: i32, rowStep: usize, runs: i32, runStep: usize, length: i32, a: usize, w: usize, filters: usize, c: usize, bias: usize, wide: bool): void {
  let s0 = v128.load(bias);
  let s1 = v128.load(bias, 16);
  for (let y = 0; y < rows; y++) {
    let run = a;
    for (let r = 0; r < runs; r++) {
      let p = run;
      const end = run + ((<usize>length) << 2);
      while (p < end) {
        const x = v128.load32_splat(p);
        s0 = multiplyAdd(x, v128.load(w), s0);
        s1 = multiplyAdd(x, v128.load(w, 16), s1);
        p += 4;
        w += filters;
      }
      run += runStep;
    }
    a += rowStep;
  }
  v128.store(c, s0);
  if (wide) v128.store(c, s1, 16);
}

/** One row of output pixels. x points at the row's first window, y at its first output. */
function convolveRow(s: ConvolutionShape, x: usize, w: usize, bias: usize, y: usize): void {
  const runs = runsPerRow(s);
  const length = runs == 1 ? s.kernelWidth * s.channels : s.channels;
  const rowStep = <usize>(s.dilationHeight * s.width * s.pitch) << 2;
  const runStep = <usize>(s.dilationWidth * s.pitch) << 2;
  const step = <usize>(s.strideWidth * s.pitch) << 2;
  const filters = (<usize>s.filters) << 2;
  for (let f: usize = 0; f < filters; f += 32) {
    const wide = f + 32 <= filters;
    let a = x;
    let c = y + f;
    let i = 0;
    for (; i + 4 <= s.outWidth; i += 4) {
      tile4(s.kernelHeight, rowStep, runs, runStep, length, a, step, w + f, filters, c, bias + f, wide);
      a += step << 2;
      c += filters << 2;
    }
    for (; i < s.outWidth; i++) {
      tile1(s.kernelHeight, rowStep, runs, runStep, length, a, w + f, filters, c, bias + f, wide);
      a += step;
      c += filters;
    }
  }
}

/** y[rows][outHeight][outWidth][filters] = f(x * w + bias); w[kernelHeight][kernelWidth][channels][filters]. */
export function convolutionForward(rows: i32, s: ConvolutionShape, x: usize, w: usize, bias: usize, y: usize, activation: i32, slope: f32): void {
  const image = <usize>(s.height * s.width * s.pitch) << 2;
  const rowStep = <usize>(s.strideHeight * s.width * s.pitch) << 2;
  const outRow = <usize>(s.outWidth * s.filters) << 2;
  let out = y;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      convolveRow(s, x + <usize>i * rowStep, w, bias, out);
      out += outRow;
    }
    x += image;
  }
  activate(activation, y, y, rows * s.outHeight * s.outWidth * s.filters, slope);
}

function weightGradients(rows: i32, s: ConvolutionShape, x: usize, dz: usize, dw: usize, scratch: usize): void {
  const runs = runsPerRow(s);
  const length = runs == 1 ? s.kernelWidth * s.channels : s.channels;
  const pixelStep = s.strideWidth * s.pitch;
  const runFloats = <usize>(length * s.filters) << 2;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      let target = dw;
      for (let ky = 0; ky < s.kernelHeight; ky++) {
        const line = x + (<usize>((r * s.height + i * s.strideHeight + ky * s.dilationHeight) * s.width * s.pitch) << 2);
        for (let run = 0; run < runs; run++) {
          const a = line + (<usize>(run * s.dilationWidth * s.pitch) << 2);
          gemmTransposed(s.outWidth, length, s.filters, a, pixelStep, dz, s.filters, target, s.filters, true, scratch);
          target += runFloats;
        }
      }
      dz += <usize>(s.outWidth * s.filters) << 2;
    }
  }
}

function inputGradients(rows: i32, s: ConvolutionShape, w: usize, dz: usize, dx: usize, scratch: usize): void {
  const taps = s.kernelHeight * s.kernelWidth;
  const tapWeights = <usize>(s.channels * s.filters) << 2;
  const tapScratch = <usize>(s.pitch * s.filters) << 2;
  for (let tap = 0; tap < taps; tap++) {
    transpose(s.channels, s.filters, w + <usize>tap * tapWeights, s.filters, scratch + <usize>tap * tapScratch, s.pitch);
  }
  zeroFill(dx, rows * s.height * s.width * s.pitch);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      for (let tap = 0; tap < taps; tap++) {
        const line = r * s.height + i * s.strideHeight + (tap / s.kernelWidth) * s.dilationHeight;
        const target = dx + (<usize>((line * s.width + (tap % s.kernelWidth) * s.dilationWidth) * s.pitch) << 2);
        const weights = scratch + <usize>tap * tapScratch;
        gemm(s.outWidth, s.pitch, s.filters, dz, s.filters, weights, s.pitch, 8, target, s.strideWidth * s.pitch, START_LOAD, 0);
      }
      dz += <usize>(s.outWidth * s.filters) << 2;
    }
  }
}

/**
 * From dz = dJ/d(pre-activation): dw, db and, where dx is not 0, dx (laid out like x, so its padding gets gradients too).
 * `scratch` holds max(ROW_BLOCK * (filters + 4), kernelHeight * kernelWidth * pitch * filters) floats.
 */
export function convolutionBackward(rows: i32, s: ConvolutionShape, x: usize, w: usize, dz: usize, dw: usize, db: usize, dx: usize, scratch: usize): void {
  zeroFill(dw, s.kernelHeight * s.kernelWidth * s.channels * s.filters);
  columnSums(rows * s.outHeight * s.outWidth, s.filters, dz, s.filters, db, false);
  weightGradients(rows, s, x, dz, dw, scratch);
  if (dx) inputGradients(rows, s, w, dz, dx, scratch);
}

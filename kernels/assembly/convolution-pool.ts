// Convolution of stride 1, relu and max-pooling by 2 (by 2 x 2 for images) in one pass: the convolution's output never reaches memory. Only the
// largest pixel of each window has a gradient, so the weights' gradients are sums over one window of x per pooled output.

import { activateBackward } from './activation';
import { ConvolutionShape } from './convolution';
import { columnSums } from './gemm-transposed';
import { RELU } from '../activation-codes';
import { multiplyAdd } from './vector';

/** Stores the larger of two outputs and the place of its window; the first wins a tie. */
// @ts-ignore: decorator
@inline
function storeLarger(s0: v128, s1: v128, i0: v128, i1: v128, y: usize, index: usize, rectify: bool): void {
  const first = f32x4.ge(s0, s1);
  const largest = f32x4.pmax(s0, s1);
  v128.store(y, rectify ? f32x4.pmax(largest, f32x4.splat(0)) : largest);
  v128.store(index, v128.bitselect(i0, i1, first));
}

// @ts-ignore: decorator
@inline
function storeLargest(s0: v128, s1: v128, s2: v128, s3: v128, place: i32, down: i32, right: i32, y: usize, index: usize, rectify: bool): void {
  const firstTop = f32x4.ge(s0, s1);
  const firstLow = f32x4.ge(s2, s3);
  const top = v128.bitselect(i32x4.splat(place), i32x4.splat(place + right), firstTop);
  const low = v128.bitselect(i32x4.splat(place + down), i32x4.splat(place + down + right), firstLow);
  storeLarger(f32x4.pmax(s0, s1), f32x4.pmax(s2, s3), top, low, y, index, rectify);
}

/** Four pixels of a 2 x 2 window by eight filters. Strides in bytes; `place` is the window's first float within the image. */
// @ts-ignore: decorator
@inline
function window2x2(s: ConvolutionShape, x: usize, w: usize, bias: usize, y: usize, index: usize, place: i32, rectify: bool, wide: bool): void {
  const line = <usize>(s.width * s.pitch) << 2;
  const filters = (<usize>s.filters) << 2;
  const pixel = (<usize>s.pitch) << 2;
  const length = <usize>(s.kernelWidth * s.channels) << 2;
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let b0 = a0;
  let b1 = a1;
  let c0 = a0;
  let c1 = a1;
  let d0 = a0;
  let d1 = a1;
  for (let ky = 0; ky < s.kernelHeight; ky++) {
    let p = x;
    let q = x + line;
    const end = p + length;
    while (p < end) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      let v = v128.load32_splat(p);
      a0 = multiplyAdd(v, w0, a0);
      a1 = multiplyAdd(v, w1, a1);
      v = v128.load32_splat(p + pixel);
      b0 = multiplyAdd(v, w0, b0);
      b1 = multiplyAdd(v, w1, b1);
      v = v128.load32_splat(q);
      c0 = multiplyAdd(v, w0, c0);
      c1 = multiplyAdd(v, w1, c1);
      v = v128.load32_splat(q + pixel);
      d0 = multiplyAdd(v, w0, d0);
      d1 = multiplyAdd(v, w1, d1);
      p += 4;
      q += 4;
      w += filters;
    }
    x += line;
  }
  const down = s.width * s.pitch;
  storeLargest(a0, b0, c0, d0, place, down, s.pitch, y, index, rectify);
  if (wide) storeLargest(a1, b1, c1, d1, place, down, s.pitch, y + 16, index + 16, rectify);
}

/** Two pixels side by side by sixteen filters, of which `vectors` * 4 count. */
// @ts-ignore: decorator
@inline
function window1x2(s: ConvolutionShape, x: usize, w: usize, bias: usize, y: usize, index: usize, place: i32, rectify: bool, vectors: i32): void {
  const line = <usize>(s.width * s.pitch) << 2;
  const filters = (<usize>s.filters) << 2;
  const pixel = (<usize>s.pitch) << 2;
  const length = <usize>(s.kernelWidth * s.channels) << 2;
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let a2 = v128.load(bias, 32);
  let a3 = v128.load(bias, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  for (let ky = 0; ky < s.kernelHeight; ky++) {
    let p = x;
    const end = p + length;
    while (p < end) {
      const u = v128.load32_splat(p);
      const v = v128.load32_splat(p + pixel);
      let weights = v128.load(w);
      a0 = multiplyAdd(u, weights, a0);
      b0 = multiplyAdd(v, weights, b0);
      weights = v128.load(w, 16);
      a1 = multiplyAdd(u, weights, a1);
      b1 = multiplyAdd(v, weights, b1);
      weights = v128.load(w, 32);
      a2 = multiplyAdd(u, weights, a2);
      b2 = multiplyAdd(v, weights, b2);
      weights = v128.load(w, 48);
      a3 = multiplyAdd(u, weights, a3);
      b3 = multiplyAdd(v, weights, b3);
      p += 4;
      w += filters;
    }
    x += line;
  }
  const first = i32x4.splat(place);
  const second = i32x4.splat(place + s.pitch);
  storeLarger(a0, b0, first, second, y, index, rectify);
  if (vectors > 1) storeLarger(a1, b1, first, second, y + 16, index + 16, rectify);
  if (vectors > 2) storeLarger(a2, b2, first, second, y + 32, index + 32, rectify);
  if (vectors > 3) storeLarger(a3, b3, first, second, y + 48, index + 48, rectify);
}

/**
 * y[rows][poolHeight][poolWidth][filters] and, in the same layout, `index`: the float within the image where the winning window begins.
 * s.outHeight and s.outWidth are the pooled sizes; s.strideHeight is 2 for 2 x 2 pooling, 1 for pooling along the width alone.
 */
export function convolutionPoolForward(rows: i32, s: ConvolutionShape, x: usize, w: usize, bias: usize, y: usize, index: usize, rectify: bool): void {
  const image = <usize>(s.height * s.width * s.pitch) << 2;
  const filters = (<usize>s.filters) << 2;
  const outputs = <usize>(s.outHeight * s.outWidth) * filters;
  const square = s.strideHeight == 2;
  for (let r = 0; r < rows; r++) {
    for (let f: usize = 0; f < filters; f += square ? 32 : 64) {
      let at = f;
      for (let i = 0; i < s.outHeight; i++) {
        for (let j = 0; j < s.outWidth; j++) {
          const place = (i * s.strideHeight * s.width + 2 * j) * s.pitch;
          const from = x + ((<usize>place) << 2);
          if (square) window2x2(s, from, w + f, bias + f, y + at, index + at, place, rectify, f + 32 <= filters);
          else window1x2(s, from, w + f, bias + f, y + at, index + at, place, rectify, min(4, <i32>((filters - f) >> 4)));
          at += filters;
        }
      }
    }
    x += image;
    y += outputs;
    index += outputs;
  }
}

/** Adds to five pieces of eight weights of one filter, at the given byte offsets into the window, every pooled output's share. */
function fivePieces(
  rows: i32, outputs: i32, filters: usize, image: usize, x: usize, dy: usize, index: usize, o0: usize, o1: usize, o2: usize, o3: usize, o4: usize, sums: usize,
): void {
  const zero = f32x4.splat(0);
  let a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero, d0 = zero, d1 = zero, e0 = zero, e1 = zero;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < outputs; p++) {
      const gradient = load<f32>(dy);
      if (gradient != 0) {
        const g = f32x4.splat(gradient);
        const at = x + ((<usize>load<u32>(index)) << 2);
        a0 = multiplyAdd(g, v128.load(at + o0), a0);
        a1 = multiplyAdd(g, v128.load(at + o0, 16), a1);
        b0 = multiplyAdd(g, v128.load(at + o1), b0);
        b1 = multiplyAdd(g, v128.load(at + o1, 16), b1);
        c0 = multiplyAdd(g, v128.load(at + o2), c0);
        c1 = multiplyAdd(g, v128.load(at + o2, 16), c1);
        d0 = multiplyAdd(g, v128.load(at + o3), d0);
        d1 = multiplyAdd(g, v128.load(at + o3, 16), d1);
        e0 = multiplyAdd(g, v128.load(at + o4), e0);
        e1 = multiplyAdd(g, v128.load(at + o4, 16), e1);
      }
      dy += filters;
      index += filters;
    }
    x += image;
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, b0, 32);
  v128.store(sums, b1, 48);
  v128.store(sums, c0, 64);
  v128.store(sums, c1, 80);
  v128.store(sums, d0, 96);
  v128.store(sums, d1, 112);
  v128.store(sums, e0, 128);
  v128.store(sums, e1, 144);
}

/** dw and db from the gradient of the pooled outputs; overwrites dy where relu was off. `scratch` holds 40 floats. */
export function convolutionPoolBackward(
  rows: i32, s: ConvolutionShape, x: usize, y: usize, dy: usize, index: usize, dw: usize, db: usize, rectify: bool, scratch: usize,
): void {
  const outputs = s.outHeight * s.outWidth;
  const filters = (<usize>s.filters) << 2;
  if (rectify) activateBackward(RELU, y, dy, rows * outputs * s.filters, 0);
  columnSums(rows * outputs, s.filters, dy, s.filters, db, false);
  const image = <usize>(s.height * s.width * s.pitch) << 2;
  const line = <usize>(s.width * s.pitch) << 2;
  const length = s.kernelWidth * s.channels;
  const perLine = (length + 7) >> 3;
  const pieces = s.kernelHeight * perLine;
  for (let f: usize = 0; f < filters; f += 4) {
    for (let piece = 0; piece < pieces; piece += 5) {
      fivePieces(
        rows, outputs, filters, image, x, dy + f, index + f, offsetOf(piece, pieces, perLine, line), offsetOf(piece + 1, pieces, perLine, line),
        offsetOf(piece + 2, pieces, perLine, line), offsetOf(piece + 3, pieces, perLine, line), offsetOf(piece + 4, pieces, perLine, line), scratch,
      );
      for (let i = piece; i < min(piece + 5, pieces); i++) {
        const first = (i % perLine) << 3;
        for (let q = first; q < min(first + 8, length); q++) {
          const sum = load<f32>(scratch + (<usize>((i - piece) * 8 + q - first) << 2));
          store<f32>(dw + <usize>((i / perLine) * length + q) * filters + f, sum);
        }
      }
    }
  }
}

/** Byte offset of a piece into its window; pieces past the last repeat it, and their sums are not used. */
// @ts-ignore: decorator
@inline
function offsetOf(piece: i32, pieces: i32, perLine: i32, line: usize): usize {
  const i = min(piece, pieces - 1);
  return <usize>(i / perLine) * line + (<usize>(i % perLine) << 5);
}

// Max and average pooling over channels-last images; all channels of a pixel together. Windows are cut at the image's edge: padding never wins a
// maximum and never counts in an average.

import { zeroFill } from './vector';

/** Words of the block that heads a pooling instruction. */
// @ts-ignore: decorator
@unmanaged
export class PoolShape {
  height: i32;
  width: i32;
  /** Floats of a pixel, whole vectors. */
  pitch: i32;
  poolHeight: i32;
  poolWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  outHeight: i32;
  outWidth: i32;
}

/** Largest value of each channel within the window [top, bottom) x [left, right). */
export function maxPoolForward(rows: i32, s: PoolShape, x: usize, y: usize): void {
  const pixel = (<usize>s.pitch) << 2;
  const image = <usize>(s.height * s.width) * pixel;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      const top = i * s.strideHeight - s.padTop;
      for (let j = 0; j < s.outWidth; j++) {
        const left = j * s.strideWidth - s.padLeft;
        for (let c: usize = 0; c < pixel; c += 16) {
          let largest = f32x4.splat(-Infinity);
          for (let p = max(top, 0); p < min(top + s.poolHeight, s.height); p++) {
            for (let q = max(left, 0); q < min(left + s.poolWidth, s.width); q++) {
              largest = f32x4.pmax(largest, v128.load(x + <usize>(p * s.width + q) * pixel + c));
            }
          }
          v128.store(y + c, largest);
        }
        y += pixel;
      }
    }
    x += image;
  }
}

/** Each output's gradient goes to the first pixel of its window that holds the maximum. */
export function maxPoolBackward(rows: i32, s: PoolShape, x: usize, y: usize, dy: usize, dx: usize): void {
  const pixel = (<usize>s.pitch) << 2;
  const image = <usize>(s.height * s.width) * pixel;
  zeroFill(dx, rows * s.height * s.width * s.pitch);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      const top = i * s.strideHeight - s.padTop;
      for (let j = 0; j < s.outWidth; j++) {
        const left = j * s.strideWidth - s.padLeft;
        for (let c: usize = 0; c < pixel; c += 16) {
          const largest = v128.load(y + c);
          const gradient = v128.load(dy + c);
          let open = i32x4.splat(-1);
          for (let p = max(top, 0); p < min(top + s.poolHeight, s.height); p++) {
            for (let q = max(left, 0); q < min(left + s.poolWidth, s.width); q++) {
              const at = <usize>(p * s.width + q) * pixel + c;
              const wins = v128.and(open, f32x4.eq(v128.load(x + at), largest));
              v128.store(dx + at, f32x4.add(v128.load(dx + at), v128.and(gradient, wins)));
              open = v128.andnot(open, wins);
            }
          }
        }
        y += pixel;
        dy += pixel;
      }
    }
    x += image;
    dx += image;
  }
}

// @ts-ignore: decorator
@inline
function windowShare(s: PoolShape, top: i32, left: i32): f32 {
  const height = min(top + s.poolHeight, s.height) - max(top, 0);
  const width = min(left + s.poolWidth, s.width) - max(left, 0);
  return 1 / <f32>(height * width);
}

export function averagePoolForward(rows: i32, s: PoolShape, x: usize, y: usize): void {
  const pixel = (<usize>s.pitch) << 2;
  const image = <usize>(s.height * s.width) * pixel;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      const top = i * s.strideHeight - s.padTop;
      for (let j = 0; j < s.outWidth; j++) {
        const left = j * s.strideWidth - s.padLeft;
        const share = f32x4.splat(windowShare(s, top, left));
        for (let c: usize = 0; c < pixel; c += 16) {
          let sum = f32x4.splat(0);
          for (let p = max(top, 0); p < min(top + s.poolHeight, s.height); p++) {
            for (let q = max(left, 0); q < min(left + s.poolWidth, s.width); q++) {
              sum = f32x4.add(sum, v128.load(x + <usize>(p * s.width + q) * pixel + c));
            }
          }
          v128.store(y + c, f32x4.mul(sum, share));
        }
        y += pixel;
      }
    }
    x += image;
  }
}

export function averagePoolBackward(rows: i32, s: PoolShape, dy: usize, dx: usize): void {
  const pixel = (<usize>s.pitch) << 2;
  const image = <usize>(s.height * s.width) * pixel;
  zeroFill(dx, rows * s.height * s.width * s.pitch);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < s.outHeight; i++) {
      const top = i * s.strideHeight - s.padTop;
      for (let j = 0; j < s.outWidth; j++) {
        const left = j * s.strideWidth - s.padLeft;
        const share = f32x4.splat(windowShare(s, top, left));
        for (let c: usize = 0; c < pixel; c += 16) {
          const gradient = f32x4.mul(v128.load(dy + c), share);
          for (let p = max(top, 0); p < min(top + s.poolHeight, s.height); p++) {
            for (let q = max(left, 0); q < min(left + s.poolWidth, s.width); q++) {
              const at = dx + <usize>(p * s.width + q) * pixel + c;
              v128.store(at, f32x4.add(v128.load(at), gradient));
            }
          }
        }
        dy += pixel;
      }
    }
    dx += image;
  }
}

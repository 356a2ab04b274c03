// Activations over contiguous floats, and their derivatives. Codes are in kernels/activation-codes.ts.

import { GELU, LEAKY_RELU, LINEAR, RELU, SIGMOID, TANH } from '../activation-codes';
import { exponential, hyperbolicTangent, logistic, normalDistribution } from './math';
import { multiplyAdd } from './vector';

/** y = f(x) over `count` floats, a multiple of 4; x and y may be the same. `slope` is LEAKY_RELU's below zero. */
export function activate(kind: i32, x: usize, y: usize, count: i32, slope: f32): void {
  const end = x + ((<usize>count) << 2);
  const zero = f32x4.splat(0);
  if (kind == RELU) {
    for (; x < end; x += 16, y += 16) v128.store(y, f32x4.pmax(v128.load(x), zero));
  } else if (kind == TANH) {
    for (; x < end; x += 16, y += 16) v128.store(y, hyperbolicTangent(v128.load(x)));
  } else if (kind == SIGMOID) {
    for (; x < end; x += 16, y += 16) v128.store(y, logistic(v128.load(x)));
  } else if (kind == LEAKY_RELU) {
    const slopes = f32x4.splat(slope);
    for (; x < end; x += 16, y += 16) {
      const v = v128.load(x);
      v128.store(y, v128.bitselect(f32x4.mul(v, slopes), v, f32x4.lt(v, zero)));
    }
  } else if (kind == GELU) {
    for (; x < end; x += 16, y += 16) {
      const v = v128.load(x);
      v128.store(y, f32x4.mul(v, normalDistribution(v)));
    }
  } else if (kind == LINEAR && x != y) {
    memory.copy(y, x, (<usize>count) << 2);
  }
}

/**
 * d = d f'(z) in place. `value` is f's output y; for GELU, whose derivative needs it, the input z.
 * The derivative of RELU and LEAKY_RELU at zero is that from the left, as in PyTorch.
 */
export function activateBackward(kind: i32, value: usize, d: usize, count: i32, slope: f32): void {
  const end = d + ((<usize>count) << 2);
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  if (kind == RELU) {
    for (; d < end; d += 16, value += 16) v128.store(d, v128.and(v128.load(d), f32x4.gt(v128.load(value), zero)));
  } else if (kind == TANH) {
    for (; d < end; d += 16, value += 16) {
      const y = v128.load(value);
      v128.store(d, f32x4.mul(v128.load(d), f32x4.sub(one, f32x4.mul(y, y))));
    }
  } else if (kind == SIGMOID) {
    for (; d < end; d += 16, value += 16) {
      const y = v128.load(value);
      v128.store(d, f32x4.mul(v128.load(d), f32x4.mul(y, f32x4.sub(one, y))));
    }
  } else if (kind == LEAKY_RELU) {
    const slopes = f32x4.splat(slope);
    for (; d < end; d += 16, value += 16) {
      const v = v128.load(d);
      v128.store(d, v128.bitselect(v, f32x4.mul(v, slopes), f32x4.gt(v128.load(value), zero)));
    }
  } else if (kind == GELU) {
    const density = f32x4.splat(0.39894228);
    for (; d < end; d += 16, value += 16) {
      const z = v128.load(value);
      const bell = f32x4.mul(exponential(f32x4.mul(f32x4.mul(z, z), f32x4.splat(-0.5))), density);
      v128.store(d, f32x4.mul(v128.load(d), multiplyAdd(z, bell, normalDistribution(z))));
    }
  }
}

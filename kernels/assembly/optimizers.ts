// Parameter updates over flat arrays of `count` floats (a multiple of 4). Formulas and order of operations follow PyTorch's.

import { multiplyAdd } from './vector';

/** Moments below this are set to zero: WASM cannot flush denormals, and adding them takes a hundred times as long. */
const SMALLEST_MOMENT: f32 = 1e-30;

// @ts-ignore: decorator
@inline
function flushed(moment: v128): v128 {
  return v128.and(moment, f32x4.gt(f32x4.abs(moment), f32x4.splat(SMALLEST_MOMENT)));
}

/** p = p - rate * (g + decay p). */
export function sgdUpdate(count: i32, p: usize, g: usize, rate: f32, decay: f32): void {
  const rates = f32x4.splat(rate);
  const decays = f32x4.splat(decay);
  const end = p + ((<usize>count) << 2);
  for (; p < end; p += 16, g += 16) {
    const w = v128.load(p);
    v128.store(p, f32x4.sub(w, f32x4.mul(rates, multiplyAdd(decays, w, v128.load(g)))));
  }
}

/** v = momentum v + g; p = p - rate * v, or with `nesterov` p - rate * (g + momentum v). */
export function momentumUpdate(count: i32, p: usize, g: usize, v: usize, rate: f32, momentum: f32, decay: f32, nesterov: bool): void {
  const rates = f32x4.splat(rate);
  const factor = f32x4.splat(momentum);
  const decays = f32x4.splat(decay);
  const end = p + ((<usize>count) << 2);
  for (; p < end; p += 16, g += 16, v += 16) {
    const w = v128.load(p);
    const gradient = multiplyAdd(decays, w, v128.load(g));
    const velocity = flushed(multiplyAdd(factor, v128.load(v), gradient));
    v128.store(v, velocity);
    v128.store(p, f32x4.sub(w, f32x4.mul(rates, nesterov ? multiplyAdd(factor, velocity, gradient) : velocity)));
  }
}

/** s = s + g^2; p = p - rate * g / (sqrt(s) + epsilon). */
export function adagradUpdate(count: i32, p: usize, g: usize, s: usize, rate: f32, epsilon: f32, decay: f32): void {
  const rates = f32x4.splat(rate);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(decay);
  const end = p + ((<usize>count) << 2);
  for (; p < end; p += 16, g += 16, s += 16) {
    const w = v128.load(p);
    const gradient = multiplyAdd(decays, w, v128.load(g));
    const sum = flushed(multiplyAdd(gradient, gradient, v128.load(s)));
    v128.store(s, sum);
    v128.store(p, f32x4.sub(w, f32x4.div(f32x4.mul(rates, gradient), f32x4.add(f32x4.sqrt(sum), epsilons))));
  }
}

/** s = keep s + take g^2, take = 1 - keep rounded once by the caller; p = p - rate * g / (sqrt(s) + epsilon). */
export function rmspropUpdate(count: i32, p: usize, g: usize, s: usize, rate: f32, keepShare: f32, takeShare: f32, epsilon: f32, decay: f32): void {
  const rates = f32x4.splat(rate);
  const keep = f32x4.splat(keepShare);
  const take = f32x4.splat(takeShare);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(decay);
  const end = p + ((<usize>count) << 2);
  for (; p < end; p += 16, g += 16, s += 16) {
    const w = v128.load(p);
    const gradient = multiplyAdd(decays, w, v128.load(g));
    const mean = flushed(multiplyAdd(f32x4.mul(take, gradient), gradient, f32x4.mul(keep, v128.load(s))));
    v128.store(s, mean);
    v128.store(p, f32x4.sub(w, f32x4.div(f32x4.mul(rates, gradient), f32x4.add(f32x4.sqrt(mean), epsilons))));
  }
}

/**
 * Adam. `take` = 1 - beta, rounded once by the caller; `correction1` = 1 - beta1^t, `correction2` = 1 - beta2^t. `decay` is added to the gradient (L2), `shrink` is AdamW's factor
 * 1 - rate * decay on the weight itself.
 */
export function adamUpdate(
  count: i32, p: usize, g: usize, m: usize, v: usize, rate: f32, beta1: f32, take1: f32, beta2: f32, take2: f32, epsilon: f32,
  correction1: f32, correction2: f32, decay: f32, shrink: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const fresh1 = f32x4.splat(take1);
  const keep2 = f32x4.splat(beta2);
  const fresh2 = f32x4.splat(take2);
  const epsilons = f32x4.splat(epsilon);
  const step = f32x4.splat(rate / correction1);
  const rootScale = f32x4.splat(1 / sqrt<f32>(correction2));
  const decays = f32x4.splat(decay);
  const shrinks = f32x4.splat(shrink);
  const smallest = f32x4.splat(SMALLEST_MOMENT);
  const end = p + ((<usize>count) << 2);
  for (; p < end; p += 16, g += 16, m += 16, v += 16) {
    const w = v128.load(p);
    const gradient = multiplyAdd(decays, w, v128.load(g));
    const mean = flushed(multiplyAdd(fresh1, gradient, f32x4.mul(keep1, v128.load(m))));
    const square = f32x4.pmax(multiplyAdd(f32x4.mul(fresh2, gradient), gradient, f32x4.mul(keep2, v128.load(v))), smallest);
    v128.store(m, mean);
    v128.store(v, square);
    const root = multiplyAdd(f32x4.sqrt(square), rootScale, epsilons);
    v128.store(p, f32x4.sub(f32x4.mul(w, shrinks), f32x4.div(f32x4.mul(step, mean), root)));
  }
}

/** Sum of squares of `count` floats (a multiple of 4), in double precision. */
export function sumOfSquares(pointer: usize, count: i32): f64 {
  let total: f64 = 0;
  const end = pointer + ((<usize>count) << 2);
  for (; pointer < end; pointer += 16) {
    const v = v128.load(pointer);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(v, v, 2, 3, 2, 3));
    const squares = f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high));
    total += f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
  }
  return total;
}

/** Multiplies `count` floats (a multiple of 4) by `factor`. */
export function scaleBy(pointer: usize, count: i32, factor: f32): void {
  const factors = f32x4.splat(factor);
  const end = pointer + ((<usize>count) << 2);
  for (; pointer < end; pointer += 16) v128.store(pointer, f32x4.mul(v128.load(pointer), factors));
}

// Losses over m rows of n outputs, with their gradients. Each term is scaled by `scale` (the reciprocal of the sum of weights, or 1
// for a plain sum) and by its weight; a weight of zero keeps its row or output out whatever the target holds.

import {
  BINARY_CROSS_ENTROPY, CATEGORICAL_CROSS_ENTROPY, HALF_SQUARED_ERROR, HUBER, MEAN_ABSOLUTE_ERROR, MEAN_SQUARED_ERROR, QUANTILE,
} from '../loss-codes';
import { exponentialOf, logarithmOf, logarithmOfOnePlus } from './math';

/** Weights: none, one a row, one an output. */
const WEIGHT_PER_ROW: i32 = 1;

let termGradient: f32 = 0;

/** One output's loss; leaves its derivative by y in `termGradient`. */
function term(kind: i32, y: f32, target: f32, parameter: f32): f32 {
  const e = y - target;
  if (kind == MEAN_SQUARED_ERROR) {
    termGradient = 2 * e;
    return e * e;
  }
  if (kind == HALF_SQUARED_ERROR) {
    termGradient = e;
    return <f32>0.5 * e * e;
  }
  if (kind == MEAN_ABSOLUTE_ERROR) {
    termGradient = e > 0 ? 1 : e < 0 ? -1 : e;
    return abs<f32>(e);
  }
  if (kind == HUBER) {
    const size = abs<f32>(e);
    termGradient = size <= parameter ? e : e > 0 ? parameter : -parameter;
    return size <= parameter ? <f32>0.5 * e * e : parameter * (size - <f32>0.5 * parameter);
  }
  if (kind == QUANTILE) {
    // e < 0: the forecast is too low. At e = 0 the derivative is taken as zero.
    termGradient = e < 0 ? -parameter : e > 0 ? 1 - parameter : e;
    return e < 0 ? -parameter * e : (1 - parameter) * e;
  }
  // BINARY_CROSS_ENTROPY from a logit: ln(1 + e^y) - y target, in the form that cannot overflow.
  const small = exponentialOf(-abs<f32>(y));
  const numerator: f32 = y >= 0 ? 1 : small;
  const p: f32 = numerator / (1 + small);
  termGradient = p - target;
  return max<f32>(y, 0) - y * target + logarithmOfOnePlus(small);
}

/** Softmax cross-entropy of one row; the gradient goes to dy. */
function categorical(n: i32, y: usize, target: usize, dy: usize, factor: f32): f64 {
  let largest = load<f32>(y);
  for (let j = 1; j < n; j++) {
    const v = load<f32>(y + ((<usize>j) << 2));
    // NaN must win, so that the step is refused.
    if (!(v <= largest)) largest = v;
  }
  let sum: f32 = 0;
  let targetSum: f32 = 0;
  for (let j = 0; j < n; j++) {
    const at = (<usize>j) << 2;
    const e = exponentialOf(load<f32>(y + at) - largest);
    store<f32>(dy + at, e);
    sum += e;
    targetSum += load<f32>(target + at);
  }
  const logarithm = logarithmOf(sum);
  let loss: f64 = 0;
  for (let j = 0; j < n; j++) {
    const at = (<usize>j) << 2;
    const wanted = load<f32>(target + at);
    if (wanted != 0) loss += <f64>(wanted * (logarithm - (load<f32>(y + at) - largest)));
    store<f32>(dy + at, factor * (targetSum * (load<f32>(dy + at) / sum) - wanted));
  }
  return loss;
}

/**
 * Sum of the scaled terms. y and dy have stride ldy, targets ldt; `weights` (stride ldw) is 0 for none.
 * `weightKind` tells one weight a row from one an output.
 */
export function lossForward(
  kind: i32, m: i32, n: i32, y: usize, ldy: i32, target: usize, ldt: i32, weights: usize, ldw: i32, weightKind: i32,
  dy: usize, parameter: f32, scale: f32,
): f64 {
  let total: f64 = 0;
  for (let i = 0; i < m; i++) {
    const perRow = !weights || weightKind == WEIGHT_PER_ROW || kind == CATEGORICAL_CROSS_ENTROPY;
    const rowWeight: f32 = weights && perRow ? load<f32>(weights) : 1;
    if (kind == CATEGORICAL_CROSS_ENTROPY) {
      if (rowWeight != 0) total += categorical(n, y, target, dy, scale * rowWeight) * <f64>(scale * rowWeight);
      else memory.fill(dy, 0, (<usize>n) << 2);
    } else {
      for (let j: usize = 0; j < ((<usize>n) << 2); j += 4) {
        const weight = perRow ? rowWeight : load<f32>(weights + j);
        if (weight == 0) {
          store<f32>(dy + j, 0);
          continue;
        }
        const factor = scale * weight;
        total += <f64>term(kind, load<f32>(y + j), load<f32>(target + j), parameter) * <f64>factor;
        store<f32>(dy + j, termGradient * factor);
      }
    }
    for (let j = n; j < ldy; j++) store<f32>(dy + ((<usize>j) << 2), 0);
    y += (<usize>ldy) << 2;
    dy += (<usize>ldy) << 2;
    target += (<usize>ldt) << 2;
    if (weights) weights += (<usize>ldw) << 2;
  }
  return total;
}

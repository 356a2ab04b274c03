// Elementary functions on four floats. Polynomials and IEEE operations only, so the bits are the same everywhere.
// Coefficients of tanh and erfc: scripts/fit-approximations.py.

import { multiplyAdd } from './vector';

// Constants lie in memory and are broadcast as they are loaded: engines build a constant vector from its bytes at every use, which takes longer than the
// arithmetic. The blocks are placed below the arena, which starts behind them (see ARENA_START in kernels/load-kernels.ts).

/** Bounds, log2 e, rounding shift, ln 2 in two parts (the first so short that its product with an integer is exact), 1/k! down to k = 0. */
const EXPONENTIAL = memory.data<f32>([
  88.37, -87.33, 1.44269504, 12582912, -0.693359375, 2.1219444e-4, 0.001388888888888889, 0.008333333333333333, 0.041666666666666664,
  0.16666666666666666, 0.5, 1,
]);

/** Bound, numerator and denominator from the highest power down; the denominator's lowest is 1. */
const TANGENT = memory.data<f32>([
  8.5, -8.5, 1.091911645e-5, 2.903350035e-3, 0.1288110853, 0.999999759, 2.297913177e-7, 2.319619437e-4, 2.361999062e-2, 0.4621425426, 1,
]);

/** sqrt(1/2), the bound beyond which the tail is below every float, then the polynomial of the scaled tail from the highest power down. */
const NORMAL = memory.data<f32>([
  0.70710678, 9.3, -1.71291908e-2, 2.507745170e-2, 0.1086545093, -0.2830262889, 0.1341717899, 3.666015749e-2, 0.1855114157, 0.2458385198,
  0.2821477781, 0.2820937501, 0.5, 1,
]);

// @ts-ignore: decorator
@inline
function constant(block: usize, index: usize): v128 {
  return v128.load32_splat(block + (index << 2));
}

/** e^x, relative error below 3e-7; results below 1.2e-38 become about 1.2e-38, above 2.4e38 about 2.4e38. */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  // pmin and pmax are one instruction each and, in this order of arguments, let a NaN of x through.
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(EXPONENTIAL, 0)), constant(EXPONENTIAL, 1));
  // Adding 1.5 * 2^23 rounds to a whole number, which is then in the low bits.
  const rounding = constant(EXPONENTIAL, 3);
  const shifted = multiplyAdd(bounded, constant(EXPONENTIAL, 2), rounding);
  const power = f32x4.sub(shifted, rounding);
  let r = multiplyAdd(power, constant(EXPONENTIAL, 4), bounded);
  r = multiplyAdd(power, constant(EXPONENTIAL, 5), r);
  let sum = multiplyAdd(r, constant(EXPONENTIAL, 6), constant(EXPONENTIAL, 7));
  sum = multiplyAdd(sum, r, constant(EXPONENTIAL, 8));
  sum = multiplyAdd(sum, r, constant(EXPONENTIAL, 9));
  sum = multiplyAdd(sum, r, constant(EXPONENTIAL, 10));
  sum = multiplyAdd(sum, r, constant(EXPONENTIAL, 11));
  sum = multiplyAdd(sum, r, constant(EXPONENTIAL, 11));
  return i32x4.add(sum, i32x4.shl(shifted, 23));
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  const one = constant(EXPONENTIAL, 11);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** tanh x, relative error below 6e-7. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, constant(TANGENT, 0)), constant(TANGENT, 1));
  const square = f32x4.mul(bounded, bounded);
  let top = multiplyAdd(square, constant(TANGENT, 2), constant(TANGENT, 3));
  top = multiplyAdd(top, square, constant(TANGENT, 4));
  top = multiplyAdd(top, square, constant(TANGENT, 5));
  let low = multiplyAdd(square, constant(TANGENT, 6), constant(TANGENT, 7));
  low = multiplyAdd(low, square, constant(TANGENT, 8));
  low = multiplyAdd(low, square, constant(TANGENT, 9));
  low = multiplyAdd(low, square, constant(TANGENT, 10));
  return f32x4.div(f32x4.mul(bounded, top), low);
}

/**
 * 1 / (1 + e^-x) as (1 + tanh(x / 2)) / 2, in half the time: absolute error below 3e-7, so for gates, whose small values need no digits of their own.
 */
// @ts-ignore: decorator
@inline
export function gate(x: v128): v128 {
  const half = constant(EXPONENTIAL, 10);
  return multiplyAdd(hyperbolicTangent(f32x4.mul(x, half)), half, half);
}

/** Standard normal distribution function, relative error below 8e-6 down to x = -6. */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: v128): v128 {
  const one = constant(NORMAL, 13);
  const half = constant(NORMAL, 12);
  const z = f32x4.pmin(f32x4.mul(f32x4.abs(x), constant(NORMAL, 0)), constant(NORMAL, 1));
  const t = f32x4.div(one, multiplyAdd(z, half, one));
  let sum = multiplyAdd(t, constant(NORMAL, 2), constant(NORMAL, 3));
  sum = multiplyAdd(sum, t, constant(NORMAL, 4));
  sum = multiplyAdd(sum, t, constant(NORMAL, 5));
  sum = multiplyAdd(sum, t, constant(NORMAL, 6));
  sum = multiplyAdd(sum, t, constant(NORMAL, 7));
  sum = multiplyAdd(sum, t, constant(NORMAL, 8));
  sum = multiplyAdd(sum, t, constant(NORMAL, 9));
  sum = multiplyAdd(sum, t, constant(NORMAL, 10));
  sum = multiplyAdd(sum, t, constant(NORMAL, 11));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(sum, t), exponential(f32x4.neg(f32x4.mul(z, z)))), half);
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}

/** e^x of one float, with the vector's bits. */
export function exponentialOf(x: f32): f32 {
  return f32x4.extract_lane(exponential(f32x4.splat(x)), 0);
}

/** 2 artanh(s) for |s| <= 1/3, the series that both logarithms share. */
// @ts-ignore: decorator
@inline
function twiceArtanh(s: f32): f32 {
  const q = s * s;
  let sum: f32 = 1.0 / 15.0;
  sum = sum * q + <f32>(1.0 / 13.0);
  sum = sum * q + <f32>(1.0 / 11.0);
  sum = sum * q + <f32>(1.0 / 9.0);
  sum = sum * q + <f32>(1.0 / 7.0);
  sum = sum * q + <f32>(1.0 / 5.0);
  sum = sum * q + <f32>(1.0 / 3.0);
  return 2 * (s + s * q * sum);
}

/** ln x of one positive, normal float. */
export function logarithmOf(x: f32): f32 {
  const bits = reinterpret<i32>(x) - 0x3f3504f3;
  const exponent = bits >> 23;
  const mantissa = reinterpret<f32>((bits & 0x7fffff) + 0x3f3504f3);
  return <f32>exponent * <f32>0.69314718 + twiceArtanh((mantissa - 1) / (mantissa + 1));
}

/** ln(1 + x) for 0 <= x <= 1, accurate for small x too. */
export function logarithmOfOnePlus(x: f32): f32 {
  return twiceArtanh(x / (2 + x));
}

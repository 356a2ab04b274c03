// Elementary functions on four floats. Polynomials and IEEE operations only, so the bits are the same everywhere.
// Coefficients of tanh and erfc: scripts/fit-approximations.py.

import { multiplyAdd } from './vector';

/** e^x, relative error below 3e-7; results below 1.2e-38 become about 1.2e-38, above 2.4e38 about 2.4e38. */
// @ts-ignore: decorator
@inline
export function exponential(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, f32x4.splat(88.37)), f32x4.splat(-87.33));
  const power = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.44269504)));
  // ln 2 in two parts, the first short enough that its product with an integer is exact.
  let r = multiplyAdd(power, f32x4.splat(-0.693359375), bounded);
  r = multiplyAdd(power, f32x4.splat(2.12194440e-4), r);
  let sum = multiplyAdd(r, f32x4.splat(1.0 / 720.0), f32x4.splat(1.0 / 120.0));
  sum = multiplyAdd(sum, r, f32x4.splat(1.0 / 24.0));
  sum = multiplyAdd(sum, r, f32x4.splat(1.0 / 6.0));
  sum = multiplyAdd(sum, r, f32x4.splat(0.5));
  sum = multiplyAdd(sum, r, f32x4.splat(1.0));
  sum = multiplyAdd(sum, r, f32x4.splat(1.0));
  const exponent = i32x4.shl(i32x4.trunc_sat_f32x4_s(power), 23);
  return i32x4.add(sum, exponent);
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function logistic(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** tanh x, relative error below 6e-7. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const limit = f32x4.splat(8.5);
  const bounded = f32x4.max(f32x4.min(x, limit), f32x4.neg(limit));
  const square = f32x4.mul(bounded, bounded);
  let top = multiplyAdd(square, f32x4.splat(1.091911645e-5), f32x4.splat(2.903350035e-3));
  top = multiplyAdd(top, square, f32x4.splat(0.1288110853));
  top = multiplyAdd(top, square, f32x4.splat(0.9999997590));
  let low = multiplyAdd(square, f32x4.splat(2.297913177e-7), f32x4.splat(2.319619437e-4));
  low = multiplyAdd(low, square, f32x4.splat(2.361999062e-2));
  low = multiplyAdd(low, square, f32x4.splat(0.4621425426));
  low = multiplyAdd(low, square, f32x4.splat(1.0));
  return f32x4.div(f32x4.mul(bounded, top), low);
}

/** Standard normal distribution function, relative error below 2e-6 down to x = -6. */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: v128): v128 {
  const one = f32x4.splat(1);
  const z = f32x4.min(f32x4.mul(f32x4.abs(x), f32x4.splat(0.70710678)), f32x4.splat(9.3));
  const t = f32x4.div(one, multiplyAdd(z, f32x4.splat(0.5), one));
  let sum = multiplyAdd(t, f32x4.splat(-1.712919080e-2), f32x4.splat(2.507745170e-2));
  sum = multiplyAdd(sum, t, f32x4.splat(0.1086545093));
  sum = multiplyAdd(sum, t, f32x4.splat(-0.2830262889));
  sum = multiplyAdd(sum, t, f32x4.splat(0.1341717899));
  sum = multiplyAdd(sum, t, f32x4.splat(3.666015749e-2));
  sum = multiplyAdd(sum, t, f32x4.splat(0.1855114157));
  sum = multiplyAdd(sum, t, f32x4.splat(0.2458385198));
  sum = multiplyAdd(sum, t, f32x4.splat(0.2821477781));
  sum = multiplyAdd(sum, t, f32x4.splat(0.2820937501));
  const tail = f32x4.mul(f32x4.mul(f32x4.mul(sum, t), exponential(f32x4.neg(f32x4.mul(z, z)))), f32x4.splat(0.5));
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

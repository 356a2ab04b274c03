// Correctly rounded float64 from a decimal mantissa and a power of ten.
// Source: W. D. Clinger, How to read floating point numbers accurately (1990); D. Lemire, Number parsing at a gigabyte per second (2021).

const EXACT_POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]);

/** First power of five in the table that the caller provides: 128 bits each, high word first, the top bit set. */
const LOWEST: i32 = -342;
const HIGHEST: i32 = 308;

let productHigh: u64 = 0;

// @ts-ignore: decorator
@inline
export function isDouble(value: f64): bool {
  return value == value;
}

/** mantissa * 10^exponent, or NaN when this method cannot tell how to round (rare), or the result is subnormal or too large. */
export function decimalToDouble(mantissa: u64, exponent: i32, powers: usize): f64 {
  if (mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22) {
    const power = load<f64>(EXACT_POWERS + ((<usize>abs(exponent)) << 3));
    // Both numbers are exact, so that one operation rounds once.
    return exponent < 0 ? <f64>mantissa / power : <f64>mantissa * power;
  }
  if (mantissa == 0) return 0;
  if (exponent < LOWEST || exponent > HIGHEST) return NaN;
  return rounded(mantissa, exponent, powers);
}

/** The low 64 bits of a 128-bit product; the high ones are left in `productHigh`. */
function multiply(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  productHigh = aHigh * bHigh + (middle >> 32) + (other >> 32);
  return (other << 32) | (low & 0xffffffff);
}

/** The product of the normalized mantissa and the truncated power of five decides the 53 bits, unless it lies too near to a half. */
function rounded(mantissa: u64, exponent: i32, powers: usize): f64 {
  const zeros = clz(mantissa);
  const normalized = mantissa << zeros;
  const power = powers + ((<usize>(exponent - LOWEST)) << 4);
  let low = multiply(normalized, load<u64>(power));
  let high = productHigh;
  if ((high & 0x1ff) == 0x1ff) {
    multiply(normalized, load<u64>(power, 8));
    const sum = low + productHigh;
    if (sum < low) high++;
    low = sum;
  }
  if (low == 0xffffffffffffffff && (exponent < -27 || exponent > 55)) return NaN;
  const upper = high >> 63;
  let bits = high >> (upper + 9);
  let binary = <i64>((217706 * exponent) >> 16) + 63 + <i64>upper - <i64>zeros + 1023;
  if (binary <= 0) return NaN;
  // Exactly between two: to the even one.
  if (low <= 1 && exponent >= -4 && exponent <= 23 && (bits & 3) == 1 && bits << (upper + 9) == high) bits &= ~(<u64>1);
  bits = (bits + (bits & 1)) >> 1;
  if (bits >= <u64>1 << 53) {
    bits = <u64>1 << 52;
    binary++;
  }
  if (binary >= 0x7ff) return NaN;
  return reinterpret<f64>((bits & ~(<u64>1 << 52)) | (<u64>binary << 52));
}

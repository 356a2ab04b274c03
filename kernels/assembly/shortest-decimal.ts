// Shortest decimals of binary floating-point numbers, as Number.prototype.toString gives them.
// Source: R. Giulietti, The Schubfach way to render doubles (2020); notation: ECMA-262, Number::toString.

/** 10^k as 128-bit numbers with the top bit set, rounded up, high word first, from k = -292 on: what the host puts at `powersOfTen`. */
const LOWEST_POWER: i32 = -292;

const DOUBLE_BIAS: i32 = 1075;
const SINGLE_BIAS: i32 = 150;

/** High 64 bits of a product. */
// @ts-ignore: decorator
@inline
function highProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  const other = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** Product with a power of ten, its last bit set when anything is lost: rounding to odd keeps later comparisons right. */
// @ts-ignore: decorator
@inline
function roundToOdd(high: u64, low: u64, factor: u64): u64 {
  const lost = highProduct(low, factor);
  const product = high * factor;
  const fraction = product + lost;
  const whole = highProduct(high, factor) + <u64>(fraction < product);
  return whole | <u64>(fraction > 1);
}

/** Writes a finite double as JavaScript does; returns the position after it. */
export function writeDouble(value: f64, out: usize, powersOfTen: usize): usize {
  const bits = reinterpret<u64>(value);
  const exponent = <i32>((bits >> 52) & 2047);
  const fraction = bits & 0xfffffffffffff;
  const significand = exponent == 0 ? fraction : fraction | 0x10000000000000;
  return writeBinary(bits >> 63 != 0, significand, max<i32>(exponent, 1) - DOUBLE_BIAS, fraction == 0 && exponent > 1, false, out, powersOfTen);
}

/** Writes a finite float32: integers below 2^53 with all their digits, others by the shortest decimal that rounds to them; of two as near the larger, as toPrecision does. */
export function writeSingle(value: f32, out: usize, powersOfTen: usize): usize {
  const bits = reinterpret<u32>(value);
  const exponent = <i32>((bits >> 23) & 255);
  const fraction = bits & 0x7fffff;
  const significand: u64 = exponent == 0 ? fraction : fraction | 0x800000;
  const power = max<i32>(exponent, 1) - SINGLE_BIAS;
  if (power > 0 && power <= 29) {
    store<u8>(out, 0x2d);
    return writeUnsigned(significand << power, out + <usize>(bits >> 31));
  }
  return writeBinary(bits >> 31 != 0, significand, power, fraction == 0 && exponent > 1, true, out, powersOfTen);
}

/** significand * 2^exponent; `closer`: the next number below is half as far as the one above. Of two decimals as near: the even one, or with `tiesUp` the larger. */
function writeBinary(isNegative: bool, significand: u64, exponent: i32, closer: bool, tiesUp: bool, out: usize, powersOfTen: usize): usize {
  let at = out;
  if (isNegative) store<u8>(at++, 0x2d);
  if (significand == 0) {
    store<u8>(at++, 0x30);
    return at;
  }
  if (exponent <= 0 && exponent > -53 && (significand & ((<u64>1 << -exponent) - 1)) == 0) return writeUnsigned(significand >> -exponent, at);
  const odd: u64 = significand & 1;
  const k: i32 = (exponent * 1262611 - (closer ? 524031 : 0)) >> 22;
  const shift: u64 = exponent + ((-k * 1741647) >> 19) + 1;
  const power = powersOfTen + (<usize>(-k - LOWEST_POWER) << 4);
  const high = load<u64>(power);
  const low = load<u64>(power, 8);
  const lower = roundToOdd(high, low, (4 * significand - 2 + <u64>closer) << shift) + odd;
  const middle = roundToOdd(high, low, (4 * significand) << shift);
  const upper = roundToOdd(high, low, (4 * significand + 2) << shift) - odd;
  const digits = middle >> 2;
  if (digits >= 10) {
    const fewer = digits / 10;
    const belowFits = lower <= 40 * fewer;
    const aboveFits = 40 * fewer + 40 <= upper;
    if (belowFits != aboveFits) return writeDecimal(fewer + <u64>aboveFits, k + 1, at);
  }
  const belowFits = lower <= 4 * digits;
  const aboveFits = 4 * digits + 4 <= upper;
  if (belowFits != aboveFits) return writeDecimal(digits + <u64>aboveFits, k, at);
  const half = 4 * digits + 2;
  return writeDecimal(digits + <u64>(middle > half || (middle == half && (tiesUp || (digits & 1) != 0))), k, at);
}

/** digits * 10^exponent in JavaScript's notation. */
function writeDecimal(decimal: u64, power: i32, out: usize): usize {
  let digits = decimal;
  let exponent = power;
  while (digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
  const count = countDigits(digits);
  const point = count + exponent;
  if (point > 0 && point <= 21) {
    if (exponent >= 0) {
      const end = writeDigits(digits, count, out);
      memory.fill(end, 0x30, exponent);
      return end + exponent;
    }
    // The digits after the point are moved one on.
    writeDigits(digits, count, out);
    memory.copy(out + point + 1, out + point, count - point);
    store<u8>(out + point, 0x2e);
    return out + count + 1;
  }
  if (point > -6 && point <= 0) {
    store<u16>(out, 0x2e30);
    memory.fill(out + 2, 0x30, -point);
    return writeDigits(digits, count, out + 2 - point);
  }
  let at = writeDigits(digits, count, out);
  if (count > 1) {
    memory.copy(out + 2, out + 1, count - 1);
    store<u8>(out + 1, 0x2e);
    at++;
  }
  store<u8>(at, 0x65);
  store<u8>(at + 1, point > 0 ? 0x2b : 0x2d);
  return writeUnsigned(<u64>abs<i32>(point - 1), at + 2);
}

// @ts-ignore: decorator
@inline
function countDigits(value: u64): i32 {
  let count = 1;
  for (let limit: u64 = 10; count < 20 && value >= limit; limit *= 10) count++;
  return count;
}

function writeDigits(value: u64, count: i32, out: usize): usize {
  let rest = value;
  for (let at = out + count - 1; at >= out; at--) {
    const tenth = rest / 10;
    store<u8>(at, <u8>(0x30 + (rest - tenth * 10)));
    rest = tenth;
  }
  return out + count;
}

/** Writes an integer in decimal; returns the position after it. */
export function writeUnsigned(value: u64, out: usize): usize {
  return writeDigits(value, countDigits(value), out);
}

// Shortest decimals of binary floating-point numbers, as Number.prototype.toString gives them. Up to 16 bytes beyond a number are overwritten.
// Source: R. Giulietti, The Schubfach way to render doubles (2020); notation: ECMA-262, Number::toString.

import { countDigits, powerOfTen, writeFraction, writePadded, writeUnsigned } from './decimal-digits';

/** 10^k as 128-bit numbers with the top bit set, rounded up, high word first, from k = -292 on: what the host puts at `powersOfTen`. */
const LOWEST_POWER: i32 = -292;

const DOUBLE_BIAS: i32 = 1075;
const SINGLE_BIAS: i32 = 150;
const EXACT_INTEGERS: f64 = 9007199254740992;

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

/** The whole part of a product and whether anything is lost, as its last bit: rounding to odd keeps later comparisons right. */
// @ts-ignore: decorator
@inline
function roundToOdd(whole: u64, fraction: u64): u64 {
  return whole | <u64>(fraction > 1);
}

/** Writes a finite double as JavaScript does; returns the position after it. */
export function writeDouble(value: f64, out: usize, powersOfTen: usize): usize {
  const bits = reinterpret<u64>(value);
  const size = abs(value);
  store<u8>(out, 0x2d);
  const at = out + <usize>(bits >> 63);
  const integer = <u64>size;
  if (size < EXACT_INTEGERS && <f64>integer == size) return writeUnsigned(integer, at);
  if (size < 1e7 && size >= 1e-6) {
    // Two decimals of up to 15 digits are never the same double: one that gives this double is the shortest but for zeros at its end.
    const scaled = nearest(size * 1e8);
    if (scaled / 1e8 == size) {
      const point = writeUnsigned(integer, at);
      store<u8>(point, 0x2e);
      return writeFraction(<u32>(<u64>scaled - integer * 100_000_000), point + 1);
    }
  }
  const exponent = <i32>((bits >> 52) & 2047);
  const fraction = bits & 0xfffffffffffff;
  const significand = exponent == 0 ? fraction : fraction | 0x10000000000000;
  return writeBinary(integer, significand, max<i32>(exponent, 1) - DOUBLE_BIAS, fraction == 0 && exponent > 1, false, at, powersOfTen);
}

/** Writes a finite float32: integers below 2^53 with all their digits, others by the shortest decimal that rounds to them; of two as near the larger, as toPrecision does. */
export function writeSingle(value: f32, out: usize, powersOfTen: usize): usize {
  const bits = reinterpret<u32>(value);
  const size = <f64>abs(value);
  store<u8>(out, 0x2d);
  const at = out + <usize>(bits >> 31);
  const integer = <u64>size;
  if (size < EXACT_INTEGERS && <f64>integer == size) return writeUnsigned(integer, at);
  const exponent = <i32>((bits >> 23) & 255);
  const fraction = bits & 0x7fffff;
  const significand: u64 = exponent == 0 ? fraction : fraction | 0x800000;
  return writeBinary(integer, significand, max<i32>(exponent, 1) - SINGLE_BIAS, fraction == 0 && exponent > 1, true, at, powersOfTen);
}

/**
 * significand * 2^exponent, no integer below 2^53; `integer`: what is before its point. `closer`: the next number below is half as far as the one above. Of two decimals as near: the even
 * one, or with `tiesUp` the larger.
 */
function writeBinary(integer: u64, significand: u64, exponent: i32, closer: bool, tiesUp: bool, out: usize, powersOfTen: usize): usize {
  const odd: u64 = significand & 1;
  const k: i32 = (exponent * 1262611 - (closer ? 524031 : 0)) >> 22;
  const shift: u64 = exponent + ((-k * 1741647) >> 19) + 1;
  const power = powersOfTen + (<usize>(-k - LOWEST_POWER) << 4);
  const high = load<u64>(power);
  const low = load<u64>(power, 8);
  // Four times the number, times the power: 192 bits, of which the last word only carries.
  const factor = (4 * significand) << shift;
  const rest = low * factor;
  const highRest = high * factor;
  const fraction = highRest + highProduct(low, factor);
  const whole = highProduct(high, factor) + <u64>(fraction < highRest);
  const middle = roundToOdd(whole, fraction);
  // Half-way to the neighbors: twice the power is added, and twice or once taken away.
  const up = shift + 1;
  const upRest = rest + (low << up);
  const upStep = ((high << up) | (low >> (64 - up))) + <u64>(upRest < rest);
  const upFraction = fraction + upStep;
  // The step's middle word overflows only from all ones, and then adds nothing but its carry.
  const upCarry = <u64>(upFraction < fraction) | (<u64>(upStep == 0) & <u64>(upRest < rest));
  const upper = roundToOdd(whole + (high >> (64 - up)) + upCarry, upFraction) - odd;
  const down = up - <u64>closer;
  const downBorrow = <u64>(rest < low << down);
  const downStep = (high << down) | (low >> (64 - down));
  const downFraction = fraction - downStep - downBorrow;
  const downCarry = <u64>(fraction < downStep) | (<u64>(fraction == downStep) & downBorrow);
  const lower = roundToOdd(whole - (high >> (64 - down)) - downCarry, downFraction) + odd;
  const digits = middle >> 2;
  if (digits >= 10) {
    const fewer = digits / 10;
    const belowFits = lower <= 40 * fewer;
    const aboveFits = 40 * fewer + 40 <= upper;
    if (belowFits != aboveFits) return writeDecimal(integer, fewer + <u64>aboveFits, k + 1, out);
  }
  const belowFits = lower <= 4 * digits;
  const aboveFits = 4 * digits + 4 <= upper;
  if (belowFits != aboveFits) return writeDecimal(integer, digits + <u64>aboveFits, k, out);
  const half = 4 * digits + 2;
  return writeDecimal(integer, digits + <u64>(middle > half || (middle == half && (tiesUp || (digits & 1) != 0))), k, out);
}

/** digits * 10^power in JavaScript's notation; `integer`: what is before its point. */
function writeDecimal(integer: u64, decimal: u64, power: i32, out: usize): usize {
  let digits = decimal;
  let exponent = power;
  for (let tenth = digits / 10; tenth * 10 == digits; tenth = digits / 10) {
    digits = tenth;
    exponent++;
  }
  if (exponent < 0 && integer > 0) {
    const point = writeUnsigned(integer, out);
    store<u8>(point, 0x2e);
    return writePadded(digits - integer * powerOfTen(-exponent), -exponent, point + 1);
  }
  const point = countDigits(digits) + exponent;
  if (point > -6 && point <= 0) {
    store<u16>(out, 0x2e30);
    return writePadded(digits, -exponent, out + 2);
  }
  if (point > 0 && point <= 21) {
    const end = writeUnsigned(digits, out);
    memory.fill(end, 0x30, exponent);
    return end + exponent;
  }
  return writeExponential(digits, point - 1, out);
}

function writeExponential(digits: u64, exponent: i32, out: usize): usize {
  // The digits after the first are moved one on.
  let at = writeUnsigned(digits, out + 1);
  store<u8>(out, load<u8>(out + 1));
  if (at == out + 2) at--;
  else store<u8>(out + 1, 0x2e);
  store<u8>(at, 0x65);
  store<u8>(at + 1, exponent >= 0 ? 0x2b : 0x2d);
  return writeUnsigned(<u64>abs<i32>(exponent), at + 2);
}

// Digits of unsigned integers, eight at a time. Up to 16 bytes beyond what a function writes are overwritten.

/** Eight characters "0". */
const ZEROS: u64 = 0x3030303030303030;
const EIGHT: u64 = 100_000_000;
const SIXTEEN: u64 = 10_000_000_000_000_000;

const POWERS = memory.data<u64>([
  1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000,
  10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
  10_000_000_000_000_000_000,
]);

/** 10^exponent, for 0 to 19. */
// @ts-ignore: decorator
@inline
export function powerOfTen(exponent: i32): u64 {
  return load<u64>(POWERS + (<usize>exponent << 3));
}

/**
 * The eight digits of a number below 10^8, one a byte, the first in the lowest: halves, quarters and digits are parted in all lanes of a word at once.
 * A product with 10486 / 2^20 is the quotient by 100 of numbers below 10^4, one with 103 / 2^10 that by 10 of numbers below 100.
 */
// @ts-ignore: decorator
@inline
function eightDigits(value: u32): u64 {
  const high = value / 10_000;
  const fours = <u64>high | (<u64>(value - high * 10_000) << 32);
  const hundreds = ((fours * 10_486) >> 20) & 0x7f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((twos - tens * 10) << 8);
}

/** Number of digits of a number above 0. */
// @ts-ignore: decorator
@inline
export function countDigits(value: u64): i32 {
  const about = ((64 - <i32>clz(value)) * 1233) >> 12;
  return about + i32(about > 19 || value >= powerOfTen(about));
}

/** A number below 10^8 without leading zeros. */
// @ts-ignore: decorator
@inline
function writeHead(value: u32, out: usize): usize {
  const digits = eightDigits(value);
  const skipped = ctz(digits | (<u64>1 << 56)) & 56;
  store<u64>(out, (digits | ZEROS) >> skipped);
  return out + 8 - <usize>(skipped >> 3);
}

/** Writes an integer in decimal; returns the position after it. */
export function writeUnsigned(value: u64, out: usize): usize {
  if (value < EIGHT) return writeHead(<u32>value, out);
  const rest = value / EIGHT;
  const at = rest < EIGHT ? writeHead(<u32>rest, out) : writeUnsigned(rest, out);
  store<u64>(at, eightDigits(<u32>(value - rest * EIGHT)) | ZEROS);
  return at + 8;
}

/** Writes exactly `width` digits, 1 to 24, zeros before the number if need be. */
export function writePadded(value: u64, width: i32, out: usize): usize {
  let at = out;
  let rest = value;
  let digits = width;
  if (digits > 16) {
    const head = rest / SIXTEEN;
    store<u64>(at, (eightDigits(<u32>head) | ZEROS) >> (<u64>(24 - digits) << 3));
    at += digits - 16;
    rest -= head * SIXTEEN;
    digits = 16;
  }
  rest *= powerOfTen(16 - digits);
  const high = rest / EIGHT;
  store<u64>(at, eightDigits(<u32>high) | ZEROS);
  store<u64>(at + 8, eightDigits(<u32>(rest - high * EIGHT)) | ZEROS);
  return at + digits;
}

/** Writes hundred-millionths, 1 to 10^8 - 1, as the digits after a point, without zeros at the end. */
// @ts-ignore: decorator
@inline
export function writeFraction(value: u32, out: usize): usize {
  const digits = eightDigits(value);
  store<u64>(out, digits | ZEROS);
  return out + 8 - <usize>(clz(digits) >> 3);
}

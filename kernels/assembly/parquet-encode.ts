// Encodes pages of Parquet files: runs of codes, values that are not null, strings. Every region is followed by at least 64 bytes that may be read and overwritten.

export { packSnappy } from './snappy-pack';
export { clearWords, codeWords4, codeWords8 } from './word-dictionary';
export { rangeF32, rangeF64, rangeI32, rangeI64, rangeU32, rangeU64 } from './word-range';
export { codeTexts, mapCodes, plainTexts, rangeEntries, rangeTexts, writeEntries } from './text-pages';

/** Runs shorter than this are packed bit by bit: a run of its own ends the packed one before it. */
const LONG_RUN: u32 = 24;

/**
 * Writes `count` values as run lengths and bit packing; returns the number of bytes. Writes zeros after the values, up to a whole group of eight.
 * varint header; even: header / 2 times the value that follows in whole bytes; odd: (header >> 1) groups of eight values of `width` bits, lowest first.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
export function writeRuns(values: usize, count: u32, width: u32, out: usize): u32 {
  for (let i = count; (i & 7) != 0; i++) store<u32>(values + (<usize>i << 2), 0);
  let to = out;
  let packedFrom: u32 = 0;
  let i: u32 = 0;
  while (i < count) {
    const run = runAt(values, i, count);
    if (run < LONG_RUN) {
      i += 8;
      continue;
    }
    to = packGroups(values, packedFrom, i, width, to);
    to = putVarint(run << 1, to);
    store<u32>(to, load<u32>(values + (<usize>i << 2)));
    to += (width + 7) >> 3;
    i += run;
    packedFrom = i;
    if (i >= count) break;
    // Groups begin at the run's end now; what follows the last value is written anew.
    for (let j = count; ((j - i) & 7) != 0; j++) store<u32>(values + (<usize>j << 2), 0);
  }
  return <u32>(packGroups(values, packedFrom, count, width, to) - out);
}

// @ts-ignore: decorator
@inline
function runAt(values: usize, from: u32, count: u32): u32 {
  const value = load<u32>(values + (<usize>from << 2));
  let end = from + 1;
  while (end < count && load<u32>(values + (<usize>end << 2)) == value) end++;
  return end - from;
}

function packGroups(values: usize, from: u32, end: u32, width: u32, out: usize): usize {
  if (from >= end) return out;
  const groups = (end - from + 7) >> 3;
  const start = putVarint((groups << 1) | 1, out);
  let to = start;
  let bits: u64 = 0;
  let held: u64 = 0;
  const last = values + (<usize>(from + (groups << 3)) << 2);
  for (let at = values + (<usize>from << 2); at < last; at += 4) {
    bits |= <u64>load<u32>(at) << held;
    held += width;
    if (held >= 32) {
      store<u32>(to, <u32>bits);
      to += 4;
      bits >>= 32;
      held -= 32;
    }
  }
  store<u32>(to, <u32>bits);
  return start + <usize>groups * width;
}

function putVarint(value: u32, out: usize): usize {
  for (; value >= 128; value >>= 7) store<u8>(out++, value | 128);
  store<u8>(out, value);
  return out + 1;
}

/** How many of `count` bits are set; bits beyond them are zero. */
export function countBits(bits: usize, count: u32): u32 {
  let sum: u64 = 0;
  const bytes = <usize>((count + 7) >> 3);
  let at: usize = 0;
  for (; at + 8 <= bytes; at += 8) sum += popcnt(load<u64>(bits + at));
  for (; at < bytes; at++) sum += popcnt(<u64>load<u8>(bits + at));
  return <u32>sum;
}

/** The words of eight bytes whose bits are set, one after the other; returns their number. */
export function present8(values: usize, validity: usize, count: u32, out: usize): u32 {
  return present<u64>(values, validity, count, out);
}

/** The same, of four bytes. */
export function present4(values: usize, validity: usize, count: u32, out: usize): u32 {
  return present<u32>(values, validity, count, out);
}

// @ts-ignore: decorator
@inline
function present<T>(values: usize, validity: usize, count: u32, out: usize): u32 {
  let to = out;
  for (let i: u32 = 0; i < count; i++) {
    store<T>(to, load<T>(values + <usize>i * sizeof<T>()));
    to += <usize>((load<u8>(validity + <usize>(i >> 3)) >> (i & 7)) & 1) * sizeof<T>();
  }
  return <u32>((to - out) / sizeof<T>());
}

/** The bits whose validity is set, lowest first; returns their number. */
export function presentBits(values: usize, validity: usize, count: u32, out: usize): u32 {
  let to: u32 = 0;
  let byte: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const valid = ((<u32>load<u8>(validity + <usize>(i >> 3))) >> (i & 7)) & 1;
    byte |= (((<u32>load<u8>(values + <usize>(i >> 3))) >> (i & 7)) & valid) << (to & 7);
    to += valid;
    store<u8>(out + <usize>((to - valid) >> 3), byte);
    if ((to & 7) == 0 && valid) byte = 0;
  }
  return to;
}

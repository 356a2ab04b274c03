// Strings of Parquet pages: length (u32) and bytes, one after the other; or codes of such. Offsets are Arrow's, of bytes that begin at the first of them.

import { codeOf } from './byte-dictionary';

/** Writes the strings whose bits are set (all: `validity` is 0); returns the number of bytes. */
export function plainTexts(offsets: usize, bytes: usize, validity: usize, count: u32, out: usize): u32 {
  const base = bytes - <usize>load<u32>(offsets);
  let to = out;
  for (let i: u32 = 0; i < count; i++) {
    if (validity != 0 && !isSet(validity, i)) continue;
    const start = load<u32>(offsets + (<usize>i << 2));
    to = putText(base + start, load<u32>(offsets + (<usize>i << 2), 4) - start, to);
  }
  return <u32>(to - out);
}

// @ts-ignore: decorator
@inline
function isSet(validity: usize, row: u32): bool {
  return ((load<u8>(validity + <usize>(row >> 3)) >> (row & 7)) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function putText(start: usize, length: u32, out: usize): usize {
  store<u32>(out, length);
  out += 4;
  if (length <= 16) v128.store(out, v128.load(start));
  else memory.copy(out, start, length);
  return out + length;
}

/** Codes of the strings whose bits are set, in a byte dictionary that has room for them all; returns their number. */
export function codeTexts(dictionary: usize, offsets: usize, bytes: usize, validity: usize, count: u32, codes: usize): u32 {
  const base = bytes - <usize>load<u32>(offsets);
  let to = codes;
  for (let i: u32 = 0; i < count; i++) {
    if (validity != 0 && !isSet(validity, i)) continue;
    const start = load<u32>(offsets + (<usize>i << 2));
    store<i32>(to, codeOf(dictionary, base + start, <i32>(load<u32>(offsets + (<usize>i << 2), 4) - start)));
    to += 4;
  }
  return <u32>((to - codes) >> 2);
}

/**
 * Turns codes of one dictionary of `size` strings into those of another, in place. `map`: for each code of the first the other's + 1, or 0 where it was not met yet.
 * Returns whether all codes are in the dictionary.
 */
export function mapCodes(dictionary: usize, offsets: usize, bytes: usize, size: u32, map: usize, codes: usize, count: u32): bool {
  const base = bytes - <usize>load<u32>(offsets);
  const end = codes + (<usize>count << 2);
  for (let at = codes; at < end; at += 4) {
    const code = load<u32>(at);
    if (code >= size) return false;
    const place = <usize>code << 2;
    let mapped = load<i32>(map + place);
    if (mapped == 0) {
      const start = load<u32>(offsets + place);
      mapped = codeOf(dictionary, base + start, <i32>(load<u32>(offsets + place, 4) - start)) + 1;
      store<i32>(map + place, mapped);
    }
    store<i32>(at, mapped - 1);
  }
  return true;
}

/** Writes a byte dictionary's first `count` entries as strings; returns the number of bytes. */
export function writeEntries(dictionary: usize, count: u32, out: usize): u32 {
  const entries = <usize>load<u32>(dictionary, 12);
  const bytes = <usize>load<u32>(dictionary, 16);
  let to = out;
  for (let code: u32 = 0; code < count; code++) {
    const entry = entries + <usize>code * 12;
    to = putText(bytes + load<u32>(entry), load<u32>(entry, 4), to);
  }
  return <u32>(to - out);
}

/** Places (rows) of the smallest and the largest string whose bits are set, as two i32 in `state`; there is at least one. */
export function rangeTexts(offsets: usize, bytes: usize, validity: usize, count: u32, state: usize): void {
  const base = bytes - <usize>load<u32>(offsets);
  let least = -1;
  let most = -1;
  let leastHead: u64 = 0;
  let mostHead: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    if (validity != 0 && !isSet(validity, i)) continue;
    const start = load<u32>(offsets + (<usize>i << 2));
    const length = load<u32>(offsets + (<usize>i << 2), 4) - start;
    const head = headOf(base + start, length);
    if (least < 0) {
      least = most = i;
      leastHead = mostHead = head;
      continue;
    }
    if (head < leastHead || (head == leastHead && isBefore(base + start, length, offsets, base, least))) {
      least = i;
      leastHead = head;
    }
    if (head > mostHead || (head == mostHead && !isBefore(base + start, length, offsets, base, most))) {
      most = i;
      mostHead = head;
    }
  }
  store<i32>(state, least);
  store<i32>(state, most, 4);
}

/** Codes of the smallest and the largest entry of a byte dictionary among the first `count`, which is not zero. */
export function rangeEntries(dictionary: usize, count: u32, state: usize): void {
  const entries = <usize>load<u32>(dictionary, 12);
  const bytes = <usize>load<u32>(dictionary, 16);
  let least: u32 = 0;
  let most: u32 = 0;
  for (let code: u32 = 1; code < count; code++) {
    if (compareEntries(entries, bytes, code, least) < 0) least = code;
    if (compareEntries(entries, bytes, code, most) > 0) most = code;
  }
  store<u32>(state, least);
  store<u32>(state, most, 4);
}

function compareEntries(entries: usize, bytes: usize, a: u32, b: u32): i32 {
  const left = entries + <usize>a * 12;
  const right = entries + <usize>b * 12;
  return compare(bytes + load<u32>(left), load<u32>(left, 4), bytes + load<u32>(right), load<u32>(right, 4));
}

function isBefore(start: usize, length: u32, offsets: usize, base: usize, row: i32): bool {
  const other = load<u32>(offsets + (<usize>row << 2));
  return compare(start, length, base + other, load<u32>(offsets + (<usize>row << 2), 4) - other) < 0;
}

/** The first eight bytes as a number that orders like them; shorter strings are filled up with zeros. */
// @ts-ignore: decorator
@inline
function headOf(start: usize, length: u32): u64 {
  const head = bswap(load<u64>(start));
  return length >= 8 ? head : length == 0 ? 0 : head & (<u64>-1 << ((8 - length) << 3));
}

/** Orders strings by their bytes, unsigned. */
function compare(a: usize, lengthOfA: u32, b: usize, lengthOfB: u32): i32 {
  const shorter = <usize>min(lengthOfA, lengthOfB);
  let i: usize = 0;
  for (; i + 8 <= shorter; i += 8) {
    const left = load<u64>(a + i);
    const right = load<u64>(b + i);
    if (left != right) return bswap(left) < bswap(right) ? -1 : 1;
  }
  for (; i < shorter; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return <i32>lengthOfA - <i32>lengthOfB;
}

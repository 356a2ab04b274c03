// Packs bytes as raw Snappy data: elements of literals and of copies of earlier bytes, found by a hash table of positions.
// Format: Google's "Snappy compressed format description". Regions are followed by at least 64 bytes that may be read and overwritten.

import { copyBytes } from './copy-bytes';
import { earlier, SHORTEST, sameBytes, seekEarlier, startBlock } from './earlier-bytes';

/** Copies reach back at most this far: two bytes tell the distance. */
const BLOCK: usize = 65_536;

/**
 * Packs `length` bytes into `out`, and returns how many they became: at most 32 + length * 7 / 6. `table`: 32 KiB for positions.
 */
export function packSnappy(start: usize, length: u32, out: usize, table: usize): u32 {
  const end = start + length;
  let to = out;
  let rest = length;
  for (; rest >= 128; rest >>= 7) store<u8>(to++, rest | 128);
  store<u8>(to++, rest);
  for (let at = start; at < end; at += BLOCK) to = packBlock(at, min(at + BLOCK, end), to, table);
  return <u32>(to - out);
}

function packBlock(start: usize, end: usize, out: usize, table: usize): usize {
  const last = startBlock(start, end, table);
  let to = out;
  let literal = start;
  for (let at = start + 1; (at = seekEarlier(at, last, start, table)) < last; literal = at) {
    if (at > literal) to = putLiteral(literal, at, to);
    const length = SHORTEST + sameBytes(earlier + SHORTEST, at + SHORTEST, end);
    to = putCopy(<u32>(at - earlier), <u32>length, to);
    at += length;
  }
  return literal < end ? putLiteral(literal, end, to) : to;
}

/** Tag 0: length - 1 in the tag, or in the bytes after it that the tag counts. */
function putLiteral(from: usize, to: usize, out: usize): usize {
  const length = to - from;
  const size = <u32>(length - 1);
  if (size < 60) store<u8>(out++, size << 2);
  else if (size < 256) {
    store<u8>(out, 60 << 2);
    store<u8>(out + 1, size);
    out += 2;
  } else {
    store<u8>(out, 61 << 2);
    store<u16>(out + 1, <u16>size);
    out += 3;
  }
  return copyBytes(from, length, out);
}

/** Tag 1: lengths 4 to 11 and distances of 11 bits, in two bytes; tag 2: lengths up to 64 and distances of 16 bits, in three. */
function putCopy(distance: u32, length: u32, out: usize): usize {
  while (length >= 68) {
    out = putLongCopy(distance, 64, out);
    length -= 64;
  }
  if (length > 64) {
    out = putLongCopy(distance, 60, out);
    length -= 60;
  }
  if (length >= 12 || distance >= 2_048) return putLongCopy(distance, length, out);
  store<u8>(out, 1 | ((length - 4) << 2) | ((distance >> 8) << 5));
  store<u8>(out + 1, distance);
  return out + 2;
}

// @ts-ignore: decorator
@inline
function putLongCopy(distance: u32, length: u32, out: usize): usize {
  store<u8>(out, 2 | ((length - 1) << 2));
  store<u16>(out + 1, <u16>distance);
  return out + 3;
}

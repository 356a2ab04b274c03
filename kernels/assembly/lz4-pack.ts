// Packs bytes as one LZ4 block: literals and copies of earlier bytes, found as for Snappy.
// Format: Yann Collet's "LZ4 Block Format Description". Regions are followed by at least 64 bytes that may be read and overwritten.

import { copyBytes } from './copy-bytes';
import { earlier, SHORTEST, sameBytes, seekEarlier, startBlock } from './earlier-bytes';

/** The last five bytes are literals: the format's rule for its end; the other one, that no match begins within the last twelve, holds since `seekEarlier` looks no further. */
const LAST_LITERALS: usize = 5;

/** Packs `length` bytes, at most 65,535, into `out`, and returns how many they became: at most 16 + length * 256 / 255. `table`: 32 KiB for positions. */
export function packLz4(start: usize, length: u32, out: usize, table: usize): u32 {
  const end = start + length;
  const last = startBlock(start, end, table);
  let to = out;
  let literal = start;
  for (let at = start + 1; (at = seekEarlier(at, last, start, table)) < last; literal = at) {
    const more = sameBytes(earlier + SHORTEST, at + SHORTEST, end - LAST_LITERALS);
    to = putLiterals(literal, at, more, to);
    store<u16>(to, <u16>(at - earlier));
    to = putRest(more, to + 2);
    at += SHORTEST + more;
  }
  return <u32>(putLiterals(literal, end, 0, to) - out);
}

/** The token, which holds both lengths as far as four bits go, and the literals. */
// @ts-ignore: decorator
@inline
function putLiterals(from: usize, to: usize, more: usize, out: usize): usize {
  const length = to - from;
  store<u8>(out, <u8>((min<usize>(length, 15) << 4) | min<usize>(more, 15)));
  return copyBytes(from, length, putRest(length, out + 1));
}

/** What four bits do not hold of a length. */
// @ts-ignore: decorator
@inline
function putRest(length: usize, out: usize): usize {
  let at = out;
  if (length < 15) return at;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) store<u8>(at++, 255);
  store<u8>(at, <u8>rest);
  return at + 1;
}

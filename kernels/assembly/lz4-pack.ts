// Packs bytes as one LZ4 block: literals and copies of earlier bytes, found as for Snappy.
// Format: Yann Collet's "LZ4 Block Format Description". Regions are followed by at least 64 bytes that may be read and overwritten.

import { END, sameBytes, slotOf, TABLE_BITS } from './snappy-pack';

/** The last five bytes are literals: the format's rule for its end; the other one, that no match begins within the last twelve, follows from END. */
const LAST_LITERALS: usize = 5;
const SHORTEST_MATCH: usize = 4;

/** Packs `length` bytes, at most 65,535, into `out`, and returns how many they became: at most 16 + length * 256 / 255. `table`: 32 KiB for positions. */
export function packLz4(start: usize, length: u32, out: usize, table: usize): u32 {
  const end = start + length;
  let to = out;
  let literal = start;
  if (length > END) {
    const last = end - END;
    memory.fill(table, 0, 2 << TABLE_BITS);
    let step: u32 = 32;
    for (let at = start + 1; at < last; ) {
      const word = load<u32>(at);
      const slot = table + slotOf(word);
      const earlier = start + <usize>load<u16>(slot);
      store<u16>(slot, <u16>(at - start));
      if (load<u32>(earlier) != word) {
        at += step++ >> 5;
        continue;
      }
      const more = sameBytes(earlier + SHORTEST_MATCH, at + SHORTEST_MATCH, end - LAST_LITERALS);
      to = putLiterals(literal, at, more, to);
      store<u16>(to, <u16>(at - earlier));
      to = putRest(more, to + 2);
      at += SHORTEST_MATCH + more;
      literal = at;
      step = 32;
      if (at < last) store<u16>(table + slotOf(load<u32>(at - 1)), <u16>(at - 1 - start));
    }
  }
  return <u32>(putLiterals(literal, end, 0, to) - out);
}

/** The token, which holds both lengths as far as four bits go, and the literals. */
// @ts-ignore: decorator
@inline
function putLiterals(from: usize, to: usize, more: usize, out: usize): usize {
  const length = to - from;
  store<u8>(out, <u8>((min<usize>(length, 15) << 4) | min<usize>(more, 15)));
  const at = putRest(length, out + 1);
  if (length > 128) memory.copy(at, from, length);
  else for (let i: usize = 0; i < length; i += 16) v128.store(at + i, v128.load(from + i));
  return at + length;
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

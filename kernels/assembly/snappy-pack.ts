// Packs bytes as raw Snappy data: elements of literals and of copies of earlier bytes, found by a hash table of positions.
// Format: Google's "Snappy compressed format description". Regions are followed by at least 64 bytes that may be read and overwritten.

/** Copies reach back at most this far: two bytes tell the distance. */
const BLOCK: usize = 65_536;
export const TABLE_BITS: u32 = 14;
/** Positions so near to the end of a block are not looked up: eight bytes are read at each. */
export const END: usize = 16;

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
  let to = out;
  let literal = start;
  if (end - start > END) {
    const last = end - END;
    memory.fill(table, 0, 2 << TABLE_BITS);
    // Where nothing repeats, steps become longer: by one byte for every 32 that were in vain.
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
      if (at > literal) to = putLiteral(literal, at, to);
      const length: usize = 4 + sameBytes(earlier + 4, at + 4, end);
      to = putCopy(<u32>(at - earlier), <u32>length, to);
      at += length;
      literal = at;
      step = 32;
      if (at < last) store<u16>(table + slotOf(load<u32>(at - 1)), <u16>(at - 1 - start));
    }
  }
  return literal < end ? putLiteral(literal, end, to) : to;
}

// @ts-ignore: decorator
@inline
export function slotOf(word: u32): usize {
  return <usize>((word * 0x9e3779b1) >> (32 - TABLE_BITS)) << 1;
}

/** How many bytes from `a` on are those from `b` on, which ends at `end`. */
// @ts-ignore: decorator
@inline
export function sameBytes(a: usize, b: usize, end: usize): usize {
  const start = b;
  while (b + 8 <= end) {
    const difference = load<u64>(a) ^ load<u64>(b);
    if (difference != 0) return b - start + <usize>(ctz(difference) >> 3);
    a += 8;
    b += 8;
  }
  while (b < end && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return b - start;
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
  if (length > 128) memory.copy(out, from, length);
  else for (let i: usize = 0; i < length; i += 16) v128.store(out + i, v128.load(from + i));
  return out + length;
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

// Finds bytes of a block again further on in it, for formats that copy what was there before: a hash table keeps the newest position of four bytes.
// As in Google's Snappy; a table is 32 KiB, 16 bits a position.

const TABLE_BITS: u32 = 14;
/** Bytes at the end of a block that are not looked up: eight are read at each position. */
const END: usize = 16;
/** Fewer bytes are not found. */
export const SHORTEST: usize = 4;

/** Where the bytes stood before that `seekEarlier` has found again. */
export let earlier: usize = 0;

/** Empties the table, and returns where the part of a block ends in which `seekEarlier` looks. */
export function startBlock(start: usize, end: usize, table: usize): usize {
  if (end - start <= END) return start;
  memory.fill(table, 0, 2 << TABLE_BITS);
  return end - END;
}

/** The first position from `from`, which is behind the block's start, at which the next {@link SHORTEST} bytes stood {@link earlier}; `last` for none. */
// @ts-ignore: decorator
@inline
export function seekEarlier(from: usize, last: usize, start: usize, table: usize): usize {
  if (from >= last) return last;
  store<u16>(table + slotOf(load<u32>(from - 1)), <u16>(from - 1 - start));
  // Where nothing repeats, steps become longer: by one byte for every 32 that were in vain.
  let step: u32 = 32;
  for (let at = from; at < last; at += step++ >> 5) {
    const word = load<u32>(at);
    const slot = table + slotOf(word);
    const candidate = start + <usize>load<u16>(slot);
    store<u16>(slot, <u16>(at - start));
    if (load<u32>(candidate) != word) continue;
    earlier = candidate;
    return at;
  }
  return last;
}

// @ts-ignore: decorator
@inline
function slotOf(word: u32): usize {
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

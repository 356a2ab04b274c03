// Numbers distinct byte strings 0, 1, 2, ... in the order of first sight: an open-addressing hash table, linear probing.
// Header: size | slots - 1 | slots (i32: code + 1, 0 for empty) | entries (12 bytes: offset, length, hash) | bytes | bytes used.
// The caller makes room before a scan: at most half of the slots are used, and entries and bytes suffice.

const MASK: usize = 4;
const SLOTS: usize = 8;
const ENTRIES: usize = 12;
const BYTES: usize = 16;
const USED: usize = 20;

/** Mixes a string eight bytes at a time; the last bytes are taken together with some of those before or, in short strings, one by one. */
function hashOf(start: usize, length: i32): u32 {
  let hash: u64 = <u64>length * 0x9e3779b97f4a7c15;
  let at = start;
  const last = start + length;
  for (; at + 8 <= last; at += 8) hash = mixed(hash, load<u64>(at));
  if (at < last) hash = mixed(hash, load<u64>(at) << ((8 - (last - at)) << 3));
  return <u32>(hash ^ (hash >> 32));
}

// @ts-ignore: decorator
@inline
function mixed(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * 0xbf58476d1ce4e5b9;
  return product ^ (product >> 29);
}

/** The code of the string, new or known. Reads up to 7 bytes beyond it. */
export function codeOf(dictionary: usize, start: usize, length: i32): i32 {
  const hash = hashOf(start, length);
  const mask = load<u32>(dictionary, MASK);
  const slots = <usize>load<u32>(dictionary, SLOTS);
  const entries = <usize>load<u32>(dictionary, ENTRIES);
  const bytes = <usize>load<u32>(dictionary, BYTES);
  let slot = hash & mask;
  while (true) {
    const code = load<i32>(slots + ((<usize>slot) << 2)) - 1;
    if (code < 0) return add(dictionary, slots + ((<usize>slot) << 2), start, length, hash);
    const entry = entries + <usize>code * 12;
    if (load<u32>(entry, 8) == hash && load<i32>(entry, 4) == length && equal(bytes + load<u32>(entry), start, length)) return code;
    slot = (slot + 1) & mask;
  }
}

function equal(a: usize, b: usize, length: i32): bool {
  let i: usize = 0;
  for (; i + 8 <= <usize>length; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  const rest = <usize>length - i;
  return rest == 0 || ((load<u64>(a + i) ^ load<u64>(b + i)) << ((8 - rest) << 3)) == 0;
}

function add(dictionary: usize, slot: usize, start: usize, length: i32, hash: u32): i32 {
  const code = load<i32>(dictionary);
  const used = load<u32>(dictionary, USED);
  const entry = <usize>load<u32>(dictionary, ENTRIES) + <usize>code * 12;
  memory.copy(<usize>load<u32>(dictionary, BYTES) + used, start, length);
  store<u32>(entry, used);
  store<i32>(entry, length, 4);
  store<u32>(entry, hash, 8);
  store<u32>(dictionary, used + length, USED);
  store<i32>(slot, code + 1);
  store<i32>(dictionary, code + 1);
  return code;
}

/** Fills the slots anew, after the caller has made and emptied more of them. */
export function rehash(dictionary: usize): void {
  const mask = load<u32>(dictionary, MASK);
  const slots = <usize>load<u32>(dictionary, SLOTS);
  const entries = <usize>load<u32>(dictionary, ENTRIES);
  const size = load<i32>(dictionary);
  for (let code = 0; code < size; code++) {
    let slot = load<u32>(entries + <usize>code * 12, 8) & mask;
    while (load<i32>(slots + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & mask;
    store<i32>(slots + ((<usize>slot) << 2), code + 1);
  }
}

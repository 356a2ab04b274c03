// Numbers distinct words of four or eight bytes 0, 1, 2, ... in the order of first sight: an open-addressing hash table, linear probing.
// Header: size | most | bits of the number of slots | slots (i32: code + 1, 0 for empty; room for 2 * most rounded up) | entries (words).

const MOST: usize = 4;
const BITS: usize = 8;
const SLOTS: usize = 12;
const ENTRIES: usize = 16;
const FIRST_BITS: u32 = 10;

/** Empties a dictionary whose `most`, slots and entries are set. */
export function clearWords(dictionary: usize): void {
  store<u32>(dictionary, 0);
  store<u32>(dictionary, FIRST_BITS, BITS);
  memory.fill(<usize>load<u32>(dictionary, SLOTS), 0, 4 << FIRST_BITS);
}

/** Codes of words, new or known; returns for how many there was room. */
export function codeWords8(dictionary: usize, values: usize, count: u32, codes: usize): u32 {
  return codeWords<u64>(dictionary, values, count, codes);
}

/** The same, for words of four bytes. */
export function codeWords4(dictionary: usize, values: usize, count: u32, codes: usize): u32 {
  return codeWords<u32>(dictionary, values, count, codes);
}

function codeWords<T>(dictionary: usize, values: usize, count: u32, codes: usize): u32 {
  const slots = <usize>load<u32>(dictionary, SLOTS);
  const entries = <usize>load<u32>(dictionary, ENTRIES);
  const most = load<u32>(dictionary, MOST);
  let size = load<u32>(dictionary);
  let bits = load<u32>(dictionary, BITS);
  let mask: usize = (1 << bits) - 1;
  let row: u32 = 0;
  for (; row < count; row++) {
    const word = load<T>(values + <usize>row * sizeof<T>());
    let slot = slotOf(<u64>word, bits);
    let code = load<u32>(slots + (slot << 2));
    while (code != 0 && load<T>(entries + <usize>(code - 1) * sizeof<T>()) != word) {
      slot = (slot + 1) & mask;
      code = load<u32>(slots + (slot << 2));
    }
    if (code == 0) {
      if (size == most) break;
      store<T>(entries + <usize>size * sizeof<T>(), word);
      code = ++size;
      store<u32>(slots + (slot << 2), code);
      if (size << 1 > 1 << bits) {
        bits++;
        mask = (1 << bits) - 1;
        refill<T>(slots, entries, size, bits);
      }
    }
    store<u32>(codes + (<usize>row << 2), code - 1);
  }
  store<u32>(dictionary, size);
  store<u32>(dictionary, bits, BITS);
  return row;
}

/** The high half is folded in first: it alone differs in fractions of few bits, and a product's low bits would not tell. */
// @ts-ignore: decorator
@inline
function slotOf(word: u64, bits: u32): usize {
  return <usize>(((word ^ (word >> 32)) * 0x9e3779b97f4a7c15) >> (64 - bits));
}

function refill<T>(slots: usize, entries: usize, size: u32, bits: u32): void {
  const mask: usize = (1 << bits) - 1;
  memory.fill(slots, 0, <usize>4 << bits);
  for (let code: u32 = 0; code < size; code++) {
    let slot = slotOf(<u64>load<T>(entries + <usize>code * sizeof<T>()), bits);
    while (load<u32>(slots + (slot << 2)) != 0) slot = (slot + 1) & mask;
    store<u32>(slots + (slot << 2), code + 1);
  }
}

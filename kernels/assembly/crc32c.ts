// CRC-32C of long data by folding: a state of 128 bytes leaves the same remainder as all bytes before them, and moves on by 128 bytes at a time. Four bytes of it that lie 32 apart are one column
// of 32 bits, of which moving on is a linear map; 32 columns move on at once. (Distances of 16 would not do: the map from columns to remainders could not be inverted.)
// At `tables`: eight tables of 256 words that take data eight bytes at a time, then the map: what each value of each of a column's eight nibbles adds to each of its four bytes, 16 bytes each.

const MAP: usize = 8192;
const STRIDE: usize = 128;

const STATE = memory.data(128);

// @ts-ignore: decorator
@inline
function low(bytes: v128): v128 {
  return v128.and(bytes, i8x16.splat(15));
}

// @ts-ignore: decorator
@inline
function high(bytes: v128): v128 {
  return i8x16.shr_u(bytes, 4);
}

/** One byte of sixteen columns after the move: the sum over their nibbles. */
// @ts-ignore: decorator
@inline
function moved(map: usize, l0: v128, h0: v128, l1: v128, h1: v128, l2: v128, h2: v128, l3: v128, h3: v128): v128 {
  const first = v128.xor(i8x16.swizzle(v128.load(map), l0), i8x16.swizzle(v128.load(map, 64), h0));
  const second = v128.xor(i8x16.swizzle(v128.load(map, 128), l1), i8x16.swizzle(v128.load(map, 192), h1));
  const third = v128.xor(i8x16.swizzle(v128.load(map, 256), l2), i8x16.swizzle(v128.load(map, 320), h2));
  const fourth = v128.xor(i8x16.swizzle(v128.load(map, 384), l3), i8x16.swizzle(v128.load(map, 448), h3));
  return v128.xor(v128.xor(first, second), v128.xor(third, fourth));
}

/** Folds all whole strides from `from` on into the state; returns the position after them. */
function fold(map: usize, from: usize, to: usize): usize {
  let a = v128.load(STATE), b = v128.load(STATE, 32), c = v128.load(STATE, 64), d = v128.load(STATE, 96);
  let e = v128.load(STATE, 16), f = v128.load(STATE, 48), g = v128.load(STATE, 80), h = v128.load(STATE, 112);
  let at = from;
  for (; at + STRIDE <= to; at += STRIDE) {
    const l0 = low(a), h0 = high(a), l1 = low(b), h1 = high(b), l2 = low(c), h2 = high(c), l3 = low(d), h3 = high(d);
    a = v128.xor(v128.load(at), moved(map, l0, h0, l1, h1, l2, h2, l3, h3));
    b = v128.xor(v128.load(at, 32), moved(map + 16, l0, h0, l1, h1, l2, h2, l3, h3));
    c = v128.xor(v128.load(at, 64), moved(map + 32, l0, h0, l1, h1, l2, h2, l3, h3));
    d = v128.xor(v128.load(at, 96), moved(map + 48, l0, h0, l1, h1, l2, h2, l3, h3));
    const m0 = low(e), i0 = high(e), m1 = low(f), i1 = high(f), m2 = low(g), i2 = high(g), m3 = low(h), i3 = high(h);
    e = v128.xor(v128.load(at, 16), moved(map, m0, i0, m1, i1, m2, i2, m3, i3));
    f = v128.xor(v128.load(at, 48), moved(map + 16, m0, i0, m1, i1, m2, i2, m3, i3));
    g = v128.xor(v128.load(at, 80), moved(map + 32, m0, i0, m1, i1, m2, i2, m3, i3));
    h = v128.xor(v128.load(at, 112), moved(map + 48, m0, i0, m1, i1, m2, i2, m3, i3));
  }
  v128.store(STATE, a), v128.store(STATE, b, 32), v128.store(STATE, c, 64), v128.store(STATE, d, 96);
  v128.store(STATE, e, 16), v128.store(STATE, f, 48), v128.store(STATE, g, 80), v128.store(STATE, h, 112);
  return at;
}

// @ts-ignore: decorator
@inline
function wordRemainder(table: usize, word: u32): u32 {
  return (
    load<u32>(table + ((word & 255) << 2)) ^ load<u32>(table - 1024 + (((word >> 8) & 255) << 2)) ^
    load<u32>(table - 2048 + (((word >> 16) & 255) << 2)) ^ load<u32>(table - 3072 + ((word >> 24) << 2))
  );
}

function byTables(tables: usize, from: usize, to: usize, remainder: u32): u32 {
  let crc = remainder;
  let at = from;
  for (; at + 8 <= to; at += 8) crc = wordRemainder(tables + 7168, load<u32>(at) ^ crc) ^ wordRemainder(tables + 3072, load<u32>(at, 4));
  for (; at < to; at++) crc = (crc >> 8) ^ load<u32>(tables + (((crc ^ load<u8>(at)) & 255) << 2));
  return crc;
}

/** The sum of bytes; `seed`: that of the bytes before them. */
export function crc32c(from: usize, to: usize, seed: u32, tables: usize): u32 {
  if (to - from < 2 * STRIDE) return ~byTables(tables, from, to, ~seed);
  memory.copy(STATE, from, STRIDE);
  store<u32>(STATE, load<u32>(STATE) ^ ~seed);
  const rest = fold(tables + MAP, from + STRIDE, to);
  return ~byTables(tables, rest, to, byTables(tables, STATE, STATE + STRIDE, 0));
}

/**
 * Reads `count` bits of run lengths and bit packing, which definition levels of flat columns and booleans are, into a bitmap that begins at bit `shift` (below
 * 8) of `out`; the bits before it become 0. Returns how many are 1; -1 when the bytes end too early, -2 when a value is neither 0 nor 1.
 * Layout: see readRuns, with a width of one bit.
 */
export function readBits(runs: usize, length: u32, count: u32, out: usize, shift: u32): i32 {
  const end = runs + length;
  memory.fill(out, 0, <usize>((<u64>shift + count + 7) >> 3) + 1);
  let at = runs;
  let ones: u32 = 0;
  let done: u32 = 0;
  while (done < count) {
    let header: u64 = 0;
    let scale: u64 = 0;
    while (true) {
      if (at >= end || scale > 35) return -1;
      const byte = load<u8>(at++);
      header |= <u64>(byte & 127) << scale;
      if (byte < 128) break;
      scale += 7;
    }
    if (header < 2) return -1;
    const rest: u64 = count - done;
    if ((header & 1) == 0) {
      if (at >= end) return -1;
      const value = load<u8>(at++);
      if (value > 1) return -2;
      const used = <u32>min<u64>(header >> 1, rest);
      if (value == 1) {
        setBits(out, shift + done, used);
        ones += used;
      }
      done += used;
    } else {
      const groups = header >> 1;
      const used = <u32>min<u64>(groups << 3, rest);
      if (<u64>at + ((used + 7) >> 3) > <u64>end) return -1;
      ones += putBits(at, used, out, shift + done);
      at = <usize>min<u64>(<u64>at + groups, <u64>end);
      done += used;
    }
  }
  return <i32>ones;
}

/** Sets bits that are 0. */
function setBits(out: usize, bit: u32, count: u32): void {
  const end = bit + count;
  while (bit < end && (bit & 7) != 0) setBit(out, bit++);
  const bytes = (end - bit) >> 3;
  memory.fill(out + (bit >> 3), 0xff, bytes);
  for (bit += bytes << 3; bit < end; bit++) setBit(out, bit);
}

// @ts-ignore: decorator
@inline
function setBit(out: usize, bit: u32): void {
  const byte = out + (bit >> 3);
  store<u8>(byte, load<u8>(byte) | <u8>(1 << <u8>(bit & 7)));
}

/** Puts bits where bits are 0; returns how many are 1. */
function putBits(bits: usize, count: u32, out: usize, bit: u32): u32 {
  const shift = bit & 7;
  const last = (count + 7) >> 3;
  let to = out + (bit >> 3);
  let ones: u32 = 0;
  for (let i: u32 = 0; i < last; i++, to++) {
    let byte: u32 = load<u8>(bits + i);
    if (i + 1 == last && (count & 7) != 0) byte &= (1 << (count & 7)) - 1;
    ones += popcnt(byte);
    store<u16>(to, load<u8>(to) | <u16>(byte << shift));
  }
  return ones;
}

/** Bits one after another to the places of the rows that are valid; the others are 0. Validity and result begin at bit `shift` of their bytes. */
export function spreadBits(bits: usize, validity: usize, shift: u32, rows: u32, out: usize): void {
  const bytes = (shift + rows + 7) >> 3;
  let next: u32 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    let valid: u32 = load<u8>(validity + i);
    let values: u32 = load<u16>(bits + (next >> 3)) >> (next & 7);
    next += popcnt(valid);
    let byte = values & 0xff;
    if (valid != 0xff) {
      byte = 0;
      for (; valid != 0; valid &= valid - 1, values >>= 1) byte |= (valid & -valid) & -(values & 1);
    }
    store<u8>(out + i, <u8>byte);
  }
}

/** Values of eight bytes, one after another, to the rows that are valid; the others are 0. Without branches: which ones are null cannot be foreseen. */
export function spreadPairs(values: usize, validity: usize, shift: u32, rows: u32, out: usize): void {
  const end = shift + rows;
  for (let bit = shift; bit < end; bit++, out += 8) {
    const valid: u64 = (load<u8>(validity + (bit >> 3)) >> (bit & 7)) & 1;
    store<u64>(out, load<u64>(values) & (0 - valid));
    values += <usize>valid << 3;
  }
}

/** The same, of four bytes. */
export function spreadWords(values: usize, validity: usize, shift: u32, rows: u32, out: usize): void {
  const end = shift + rows;
  for (let bit = shift; bit < end; bit++, out += 4) {
    const valid: u32 = (load<u8>(validity + (bit >> 3)) >> (bit & 7)) & 1;
    store<u32>(out, load<u32>(values) & (0 - valid));
    values += <usize>valid << 2;
  }
}

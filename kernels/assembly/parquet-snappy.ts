/** Longer literals are left to the engine's copy, whose call costs more than a few steps. */
const LONG: usize = 256;

/**
 * Unpacks raw Snappy data into `out`; returns whether they are data of exactly `outLength` bytes.
 * Elements by the low two bits of their tag: 0 literal; 1, 2, 3 a copy with a distance of 11, 16 or 32 bits. Source: Google's "Snappy compressed format description".
 */
export function unpackSnappy(packed: usize, length: u32, out: usize, outLength: u32): bool {
  let at = packed;
  const end = packed + length;
  const outEnd = out + outLength;
  let claimed: u64 = 0;
  let shift: u64 = 0;
  while (true) {
    if (at >= end || shift > 28) return false;
    const byte = load<u8>(at++);
    claimed |= <u64>(byte & 127) << shift;
    if (byte < 128) break;
    shift += 7;
  }
  if (claimed != <u64>outLength) return false;
  let to = out;
  // The eight bytes before `to`: values of eight bytes that differ little are copied from eight back in small steps, which would wait for memory each.
  let last: u64 = 0;
  while (at < end) {
    const tag: u32 = load<u8>(at++);
    // What follows the tag: the distance of a copy, or the length of a long literal.
    const operand = load<u32>(at);
    const kind = tag & 3;
    let size: usize = (tag >> 2) + 1;
    if (kind == 0) {
      if (size > 60) {
        const bytes = size - 60;
        if (at + bytes > end) return false;
        size = operand & (0xffffffff >> (32 - 8 * <u32>bytes));
        at += bytes;
        // Less one: so the largest length fits, too.
        if (size >= end - at || size >= outEnd - to) return false;
        size++;
      } else if (size > end - at || size > outEnd - to) return false;
      if (size <= 8) {
        const bytes = load<u64>(at);
        store<u64>(to, bytes);
        // In two steps, since eight bytes are all of them.
        last = ((last >> ((size - 1) << 3)) >> 8) | (bytes << (64 - (size << 3)));
        at += size;
        to += size;
        continue;
      }
      if (size <= LONG) for (let i: usize = 0; i < size; i += 16) v128.store(to + i, v128.load(at + i));
      else memory.copy(to, at, size);
      at += size;
      to += size;
    } else {
      let distance: usize = operand;
      if (kind == 1) {
        size = ((tag >> 2) & 7) + 4;
        distance = ((tag >> 5) << 8) | (operand & 0xff);
        at += 1;
      } else if (kind == 2) {
        distance = operand & 0xffff;
        at += 2;
      } else at += 4;
      if (at > end || distance == 0 || distance > to - out || size > outEnd - to) return false;
      if (distance == 8 && size <= 8) {
        store<u64>(to, last);
        last = rotr<u64>(last, size << 3);
        to += size;
        continue;
      }
      to = copyBack(to, distance, size);
    }
    last = load<u64>(to - 8);
  }
  return to == outEnd;
}

/** Bytes that the copy itself makes may be its source. Up to 15 bytes too many are written. Returns where it ends. */
// @ts-ignore: decorator
@inline
function copyBack(to: usize, distance: usize, size: usize): usize {
  let from = to - distance;
  const stop = to + size;
  // Bytes that repeat at less than 16: each step doubles what is there to be copied.
  while (to - from < 16 && to < stop) {
    const step = to - from;
    v128.store(to, v128.load(from));
    to += step;
  }
  for (; to < stop; to += 16, from += 16) v128.store(to, v128.load(from));
  return stop;
}

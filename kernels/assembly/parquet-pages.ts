// Decodes pages of Parquet files: Snappy, runs of codes, values by code. Every region is followed by at least 64 bytes that may be read and overwritten.

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
  while (at < end) {
    const tag: u32 = load<u8>(at++);
    let size: u64 = (tag >> 2) + 1;
    if ((tag & 3) == 0) {
      if (size > 60) {
        const bytes = size - 60;
        if (at + <usize>bytes > end) return false;
        size = (load<u32>(at) & (0xffffffff >> <u32>(32 - 8 * bytes))) as u64 + 1;
        at += <usize>bytes;
      }
      if (size > <u64>(end - at) || size > <u64>(outEnd - to)) return false;
      if (size <= 16) {
        store<u64>(to, load<u64>(at));
        store<u64>(to + 8, load<u64>(at + 8));
      } else memory.copy(to, at, <usize>size);
      at += <usize>size;
    } else {
      let distance: usize;
      if ((tag & 3) == 1) {
        size = ((tag >> 2) & 7) + 4;
        distance = ((tag >> 5) << 8) | load<u8>(at);
        at += 1;
      } else if ((tag & 3) == 2) {
        distance = load<u16>(at);
        at += 2;
      } else {
        distance = load<u32>(at);
        at += 4;
      }
      if (at > end || distance == 0 || distance > to - out || size > <u64>(outEnd - to)) return false;
      copyBack(to, distance, <usize>size);
    }
    to += <usize>size;
  }
  return to == outEnd;
}

/** Bytes that the copy itself makes may be its source. Up to 8 bytes too many are written. */
// @ts-ignore: decorator
@inline
function copyBack(to: usize, distance: usize, size: usize): void {
  const from = to - distance;
  if (distance >= 8) for (let i: usize = 0; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
  else for (let i: usize = 0; i < size; i++) store<u8>(to + i, load<u8>(from + i));
}

/**
 * Reads `count` values of run lengths and bit packing as i32; returns the largest as an unsigned number, or -1 when the bytes end too early.
 * varint header; even: header / 2 times the value that follows in whole bytes; odd: (header >> 1) groups of eight values of `width` bits, lowest first.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
export function readRuns(runs: usize, length: u32, width: u32, count: u32, out: usize): f64 {
  const end = runs + length;
  const valueBytes = (width + 7) >> 3;
  const mask: u64 = (<u64>1 << width) - 1;
  let at = runs;
  let largest: u64 = 0;
  let done: u32 = 0;
  while (done < count) {
    let header: u64 = 0;
    let shift: u64 = 0;
    while (true) {
      if (at >= end || shift > 35) return -1;
      const byte = load<u8>(at++);
      header |= <u64>(byte & 127) << shift;
      if (byte < 128) break;
      shift += 7;
    }
    const rest: u64 = count - done;
    if (header < 2) return -1;
    if ((header & 1) == 0) {
      if (at + valueBytes > end) return -1;
      const value = load<u64>(at) & ((<u64>1 << (<u64>valueBytes << 3)) - 1);
      const used = <u32>min<u64>(header >> 1, rest);
      for (let i: u32 = 0; i < used; i++) store<u32>(out + (<usize>(done + i) << 2), <u32>value);
      if (value > largest) largest = value;
      at += valueBytes;
      done += used;
    } else {
      const groups = header >> 1;
      const used = <u32>min<u64>(groups << 3, rest);
      if (<u64>at + ((<u64>used * width + 7) >> 3) > <u64>end) return -1;
      let bit: usize = 0;
      for (let i: u32 = 0; i < used; i++) {
        const value = (load<u64>(at + (bit >> 3)) >> (bit & 7)) & mask;
        store<u32>(out + (<usize>(done + i) << 2), <u32>value);
        largest = max<u64>(largest, value);
        bit += width;
      }
      done += used;
      // The last groups of a page may be cut short.
      at = <usize>min<u64>(<u64>at + groups * width, <u64>end);
    }
  }
  return <f64>largest;
}

/** out[i] = entries[codes[i]], of eight bytes each. The codes are those of entries: the caller has looked. */
export function gatherPairs(codes: usize, count: u32, entries: usize, out: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u64>(out + (<usize>i << 3), load<u64>(entries + (<usize>load<u32>(codes + (<usize>i << 2)) << 3)));
}

/** The same, of four bytes each. */
export function gatherWords(codes: usize, count: u32, entries: usize, out: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(out + (<usize>i << 2), load<u32>(entries + (<usize>load<u32>(codes + (<usize>i << 2)) << 2)));
}

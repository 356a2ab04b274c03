/** Values of up to this many bits lie in four bytes wherever they begin. */
const NARROW: u32 = 25;

/**
 * Reads `count` values of run lengths and bit packing as i32; returns the largest as an unsigned number, or -1 when the bytes end too early.
 * varint header; even: header / 2 times the value that follows in whole bytes; odd: (header >> 1) groups of eight values of `width` bits, lowest first.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */
export function readRuns(runs: usize, length: u32, width: u32, count: u32, out: usize): f64 {
  const end = runs + length;
  const valueBytes = (width + 7) >> 3;
  let at = runs;
  let largest: u32 = 0;
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
    const to = out + (<usize>done << 2);
    if ((header & 1) == 0) {
      if (at + valueBytes > end) return -1;
      const value = <u32>(load<u64>(at) & ((<u64>1 << (<u64>valueBytes << 3)) - 1));
      const used = <u32>min<u64>(header >> 1, rest);
      const four = i32x4.splat(value);
      for (let i: usize = 0; i < <usize>used << 2; i += 16) v128.store(to + i, four);
      largest = max(largest, value);
      at += valueBytes;
      done += used;
    } else {
      const groups = header >> 1;
      const used = <u32>min<u64>(groups << 3, rest);
      if (<u64>at + ((<u64>used * width + 7) >> 3) > <u64>end) return -1;
      // Vectors take groups whole: of the last one only those values count that were asked for.
      const whole = width <= NARROW ? used & ~7 : 0;
      if (whole > 0) largest = max(largest, unpackGroups(at, width, whole, to));
      largest = max(largest, unpackOne(at, width, whole, used, to));
      done += used;
      // The last groups of a page may be cut short.
      at = <usize>min<u64>(<u64>at + groups * width, <u64>end);
    }
  }
  return <f64>largest;
}

/** Values [from, to) of `width` bits each; returns the largest. */
function unpackOne(at: usize, width: u32, from: u32, to: u32, out: usize): u32 {
  const mask: u64 = (<u64>1 << width) - 1;
  let largest: u32 = 0;
  for (let i = from; i < to; i++) {
    const bit = <u64>i * width;
    const value = <u32>((load<u64>(at + <usize>(bit >> 3)) >> (bit & 7)) & mask);
    store<u32>(out + (<usize>i << 2), value);
    largest = max(largest, value);
  }
  return largest;
}

/**
 * Groups of eight values of at most 25 bits: each value's four bytes are brought into a lane, multiplied so that it begins at bit 7 in every lane, and
 * shifted down. Bytes beyond the group may be read.
 */
function unpackGroups(at: usize, width: u32, count: u32, out: usize): u32 {
  const second = <usize>(width >> 1);
  const offset = (width << 2) & 7;
  const lowBytes = bytesOf(width, 0);
  const lowFactors = factorsOf(width, 0);
  const highBytes = bytesOf(width, offset);
  const highFactors = factorsOf(width, offset);
  const mask = i32x4.splat((1 << width) - 1);
  let largest = i32x4.splat(0);
  const end = out + (<usize>count << 2);
  for (; out < end; out += 32, at += width) {
    const low = v128.and(i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(at), lowBytes), lowFactors), 7), mask);
    const high = v128.and(i32x4.shr_u(i32x4.mul(i8x16.swizzle(v128.load(at + second), highBytes), highFactors), 7), mask);
    v128.store(out, low);
    v128.store(out, high, 16);
    largest = i32x4.max_u(largest, i32x4.max_u(low, high));
  }
  return max(
    max(<u32>i32x4.extract_lane(largest, 0), <u32>i32x4.extract_lane(largest, 1)),
    max(<u32>i32x4.extract_lane(largest, 2), <u32>i32x4.extract_lane(largest, 3)),
  );
}

/** Of four values that begin `offset` bits in: which four bytes each lies in. */
function bytesOf(width: u32, offset: u32): v128 {
  let bytes = i32x4.splat(fourFrom(offset >> 3));
  bytes = i32x4.replace_lane(bytes, 1, fourFrom((offset + width) >> 3));
  bytes = i32x4.replace_lane(bytes, 2, fourFrom((offset + 2 * width) >> 3));
  return i32x4.replace_lane(bytes, 3, fourFrom((offset + 3 * width) >> 3));
}

function fourFrom(byte: u32): u32 {
  return byte * 0x01010101 + 0x03020100;
}

/** What brings each of them to bit 7. */
function factorsOf(width: u32, offset: u32): v128 {
  let factors = i32x4.splat(128 >> (offset & 7));
  factors = i32x4.replace_lane(factors, 1, 128 >> ((offset + width) & 7));
  factors = i32x4.replace_lane(factors, 2, 128 >> ((offset + 2 * width) & 7));
  return i32x4.replace_lane(factors, 3, 128 >> ((offset + 3 * width) & 7));
}

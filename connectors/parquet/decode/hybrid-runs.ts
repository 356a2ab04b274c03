/** Values of up to this many bits lie in four bytes wherever they begin. */
const NARROW = 25;

/**
 * Reads `count` values of the hybrid of run lengths and bit packing that codes and levels are kept in:
 * varint header; even: header / 2 times the value that follows in whole bytes; odd: (header >> 1) groups of eight values of `width` bits, lowest bits first.
 * Returns the largest value, as an unsigned number.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3
 *
 * @throws RangeError when the bytes end too early.
 */
export function readHybrid(bytes: Uint8Array, width: number, count: number, out: Int32Array): number {
  if (width > 32) throw new RangeError(`values of ${width} bits`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const valueBytes = (width + 7) >> 3;
  let at = 0;
  let largest = 0;
  for (let done = 0; done < count; ) {
    let header = 0;
    let scale = 1;
    for (let byte = 128; byte >= 128; scale *= 128) {
      if (at >= bytes.length || scale > 2 ** 35) throw new RangeError('runs of values end too early');
      byte = bytes[at++] as number;
      header += (byte & 127) * scale;
    }
    const length = header % 2 === 0 ? header / 2 : ((header - 1) / 2) * 8;
    const used = Math.min(length, count - done);
    if (length === 0) throw new RangeError('a run of no values');
    if (header % 2 === 0) {
      if (at + valueBytes > bytes.length) throw new RangeError('runs of values end too early');
      let value = 0;
      for (let byte = 0; byte < valueBytes; byte++) value |= (bytes[at + byte] as number) << (8 * byte);
      out.fill(value, done, done + used);
      largest = Math.max(largest, value >>> 0);
      at += valueBytes;
    } else {
      if (at + Math.ceil((used * width) / 8) > bytes.length) throw new RangeError('runs of values end too early');
      largest = Math.max(largest, unpackBits(view, at, width, used, out, done));
      at += (length / 8) * width;
    }
    done += used;
  }
  return largest;
}

/** Reads `count` values of `width` bits each, lowest bits first, from byte `start` on; returns the largest. The bytes are there: the caller has looked. */
export function unpackBits(view: DataView, start: number, width: number, count: number, out: Int32Array, to: number): number {
  const safe = width <= NARROW ? Math.min(count, Math.floor(((view.byteLength - start - 4) * 8) / Math.max(1, width))) : 0;
  let largest = safe > 0 ? unpackNarrow(view, start, width, safe, out, to) : 0;
  for (let index = Math.max(0, safe); index < count; index++) {
    const bit = index * width;
    const value = bitsAt(view, start + Math.floor(bit / 8), bit % 8, width);
    out[to + index] = value;
    largest = Math.max(largest, value >>> 0);
  }
  return largest;
}

function unpackNarrow(view: DataView, start: number, width: number, count: number, out: Int32Array, to: number): number {
  const mask = (1 << width) - 1;
  const end = to + count;
  let largest = 0;
  let bit = start * 8;
  for (let index = to; index < end; index++) {
    const value = (view.getUint32(bit >>> 3, true) >>> (bit & 7)) & mask;
    if (value > largest) largest = value;
    out[index] = value;
    bit += width;
  }
  return largest;
}

/** One value that may reach over five bytes, or to the end of the bytes. */
function bitsAt(view: DataView, byte: number, shift: number, width: number): number {
  let value = 0;
  for (let i = 0; i * 8 < shift + width; i++) value += view.getUint8(byte + i) * 2 ** (8 * i);
  return (Math.floor(value / 2 ** shift) % 2 ** width) | 0;
}

/** Whether the values are one run of ones: the levels of a page without nulls. */
export function isAllOnes(bytes: Uint8Array, count: number): boolean {
  let header = 0;
  let scale = 1;
  let at = 0;
  for (let byte = 128; byte >= 128; scale *= 128) {
    if (at >= bytes.length || at > 4) return false;
    byte = bytes[at++] as number;
    header += (byte & 127) * scale;
  }
  return header % 2 === 0 && header / 2 >= count && bytes[at] === 1;
}

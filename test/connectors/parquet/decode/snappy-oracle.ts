/** Copies shorter than this go byte by byte: a call to the engine costs more. */
const SHORT = 32;

/**
 * Unpacks raw Snappy data, which Parquet's pages are, into `out`, whose length is that of the page's header.
 * Elements by the low two bits of their tag: 0 literal; 1, 2, 3 a copy with a distance of 11, 16 or 32 bits. Source: Google's "Snappy compressed format description".
 *
 * @throws RangeError when the bytes are no Snappy data of that length.
 */
export function unpackSnappy(packed: Uint8Array, out: Uint8Array): void {
  let at = lengthPrefix(packed, out.length);
  let to = 0;
  while (at < packed.length) {
    const tag = packed[at++] as number;
    const kind = tag & 3;
    let length = (tag >> 2) + 1;
    if (kind === 0) {
      if (length > 60) {
        const bytes = length - 60;
        length = little(packed, at, bytes) + 1;
        at += bytes;
      }
      if (at + length > packed.length || to + length > out.length) throw damaged();
      if (length < SHORT) for (let i = 0; i < length; i++) out[to + i] = packed[at + i] as number;
      else out.set(packed.subarray(at, at + length), to);
      at += length;
    } else {
      let distance: number;
      if (kind === 1) {
        length = ((tag >> 2) & 7) + 4;
        distance = ((tag >> 5) << 8) | little(packed, at, 1);
        at += 1;
      } else {
        const bytes = kind === 2 ? 2 : 4;
        distance = little(packed, at, bytes);
        at += bytes;
      }
      if (distance === 0 || distance > to || to + length > out.length) throw damaged();
      // Bytes that a copy itself makes may be its source.
      if (length < SHORT || distance < length) for (let i = 0; i < length; i++) out[to + i] = out[to - distance + i] as number;
      else out.copyWithin(to, to - distance, to - distance + length);
    }
    to += length;
  }
  if (to !== out.length) throw damaged();
}

/** The position after the length that the data begin with, which has to be `expected`. */
function lengthPrefix(packed: Uint8Array, expected: number): number {
  let length = 0;
  let scale = 1;
  for (let at = 0; at < 5; at++, scale *= 128) {
    const byte = packed[at];
    if (byte === undefined) break;
    length += (byte & 127) * scale;
    if (byte < 128) {
      if (length !== expected) break;
      return at + 1;
    }
  }
  throw damaged();
}

function little(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw damaged();
  let value = 0;
  let scale = 1;
  for (let i = 0; i < count; i++, scale *= 256) value += (bytes[at + i] as number) * scale;
  return value;
}

const damaged = () => new RangeError('a page holds no Snappy data of the length that its header says');

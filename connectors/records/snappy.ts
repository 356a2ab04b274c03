import { blockPackers } from '../../kernels/index.ts';
import { ByteSink, MAX_UNPACKED } from './byte-sink.ts';
import { damaged } from './damaged.ts';

/**
 * Snappy, raw and in the framing of Java's snappy-java, which Kafka's clients use: magic (8) | version (4) | compatible version (4), then blocks: length (4, big-endian) | raw Snappy.
 * Source: "Snappy compressed format description" by Google; snappy-java's SnappyCodec for the framing.
 */
const FRAME_HEADER = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const MAGIC_BYTES = 8;
const BLOCK_BYTES = 32 * 1024;
/** Three bytes stand for 64 at most, so a larger claim is false. */
const BEST_RATIO = 64;

/** Unpacks Snappy data with or without Java's framing. Throws DECODE_FAILED for bytes that are none. */
export function unpackSnappy(packed: Uint8Array): Uint8Array {
  if (!isFramed(packed)) {
    const sink = new ByteSink(packed.length * 4);
    unpackRaw(packed, 0, packed.length, sink);
    return sink.finish();
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const sink = new ByteSink(packed.length * 4);
  let at = FRAME_HEADER.length;
  while (at + 4 <= packed.length) {
    const size = view.getInt32(at);
    if (size < 0 || at + 4 + size > packed.length) throw damaged(at, 'its Snappy data end early');
    unpackRaw(packed, at + 4, at + 4 + size, sink);
    at += 4 + size;
  }
  return sink.finish();
}

const isFramed = (packed: Uint8Array): boolean =>
  packed.length >= FRAME_HEADER.length && FRAME_HEADER.subarray(0, MAGIC_BYTES).every((byte, at) => packed[at] === byte);

/** Length as a varint, then elements by the low two bits of their tag: 0 literal; 1, 2, 3 a copy with a distance of 11, 16 or 32 bits. */
function unpackRaw(packed: Uint8Array, from: number, end: number, sink: ByteSink): void {
  const begun = sink.length;
  let at = from;
  const little = (bytes: number): number => {
    if (at + bytes > end) throw damaged(at, 'its Snappy data end early');
    let value = 0;
    for (let byte = 0; byte < bytes; byte++) value += (packed[at++] as number) * 2 ** (8 * byte);
    return value;
  };
  let claimed = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = little(1);
    claimed += (byte & 127) * scale;
    if (byte < 128) break;
    if (scale > 2 ** 28) throw damaged(at, 'its Snappy data claim an impossible length');
  }
  if (claimed > MAX_UNPACKED || claimed > (end - from) * BEST_RATIO) throw damaged(from, `its Snappy data claim ${claimed} bytes`);
  while (at < end) {
    const tag = little(1);
    if ((tag & 3) === 0) {
      const short = tag >> 2;
      const length = (short < 60 ? short : little(short - 59)) + 1;
      if (at + length > end) throw damaged(at, 'its Snappy data end early');
      sink.literal(packed, at, length);
      at += length;
    } else if ((tag & 3) === 1) sink.copy(((tag >> 5) << 8) | little(1), ((tag >> 2) & 7) + 4);
    else sink.copy(little((tag & 3) === 2 ? 2 : 4), (tag >> 2) + 1);
    if (sink.length - begun > claimed) throw damaged(at, 'its Snappy data are longer than they claim');
  }
  if (sink.length - begun !== claimed) throw damaged(at, 'its Snappy data are shorter than they claim');
}

/** Packs bytes in Java's framing. */
export function packSnappy(bytes: Uint8Array): Uint8Array {
  const { snappy } = blockPackers();
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const out = new Uint8Array(FRAME_HEADER.length + bytes.length + Math.ceil(bytes.length / 6) + blocks * 40);
  const view = new DataView(out.buffer);
  out.set(FRAME_HEADER);
  let at = FRAME_HEADER.length;
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const packed = snappy(bytes.subarray(from, from + BLOCK_BYTES));
    view.setInt32(at, packed.length);
    out.set(packed, at + 4);
    at += 4 + packed.length;
  }
  return out.subarray(0, at);
}

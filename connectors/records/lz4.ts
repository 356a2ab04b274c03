import { blockPackers, MOST_BLOCK_BYTES } from '../../kernels/index.ts';
import { ByteSink } from './byte-sink.ts';
import { damaged } from './damaged.ts';

/**
 * LZ4 frames. Source: "LZ4 Frame Format Description" 1.6 and "LZ4 Block Format Description" by Yann Collet.
 * Frame: magic (4) | flags (1) | block size (1) | content size (8, optional) | dictionary id (4, optional) | header checksum (1) | blocks | end mark (4) | checksum (4, optional).
 * Checksums are not checked: the batch around the frame has its own.
 */
const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;
/** Magic, version 1 with independent blocks, blocks of 64 KiB, and the second byte of the xxHash of these two. */
const FRAME_HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);

/** Unpacks one LZ4 frame. Throws DECODE_FAILED for bytes that are none. */
export function unpackLz4(packed: Uint8Array): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < FRAME_HEADER.length || view.getUint32(0, true) !== MAGIC) throw damaged(0, 'its data are no LZ4 frame');
  const flags = packed[4] as number;
  if (flags >> 6 !== 1) throw damaged(4, `its LZ4 frame has version ${flags >> 6}`);
  const blockChecksum = (flags & 0x10) === 0 ? 0 : 4;
  const sink = new ByteSink(packed.length * 4);
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  for (;;) {
    if (at + 4 > packed.length) throw damaged(at, 'its LZ4 frame ends early');
    const word = view.getUint32(at, true);
    if (word === 0) return sink.finish();
    const size = word & ~UNCOMPRESSED;
    at += 4;
    if (at + size > packed.length) throw damaged(at, 'its LZ4 frame ends early');
    if (word >= UNCOMPRESSED) sink.literal(packed, at, size);
    else unpackBlock(packed, at, at + size, sink);
    at += size + blockChecksum;
  }
}

/** A block is a row of: token, more literal length, literals, distance (2), more match length. The last one ends with its literals. */
function unpackBlock(packed: Uint8Array, from: number, end: number, sink: ByteSink): void {
  let at = from;
  const byte = (): number => {
    if (at >= end) throw damaged(at, 'its LZ4 block ends early');
    return packed[at++] as number;
  };
  const extended = (start: number): number => {
    let length = start;
    if (start === 15) {
      let more = 255;
      while (more === 255) {
        more = byte();
        length += more;
      }
    }
    return length;
  };
  while (at < end) {
    const token = byte();
    const literals = extended(token >> 4);
    if (at + literals > end) throw damaged(at, 'its LZ4 block ends early');
    sink.literal(packed, at, literals);
    at += literals;
    if (at === end) return;
    const distance = byte() | (byte() << 8);
    sink.copy(distance, extended(token & 15) + MIN_MATCH);
  }
}

/** Packs bytes as one LZ4 frame of independent blocks, as Kafka's Java clients write it. */
export function packLz4(bytes: Uint8Array): Uint8Array {
  const { lz4 } = blockPackers();
  const blocks = Math.ceil(bytes.length / MOST_BLOCK_BYTES);
  const out = new Uint8Array(FRAME_HEADER.length + bytes.length + Math.ceil(bytes.length / 250) + blocks * 20 + 4);
  const view = new DataView(out.buffer);
  out.set(FRAME_HEADER);
  let at = FRAME_HEADER.length;
  for (let from = 0; from < bytes.length; from += MOST_BLOCK_BYTES) {
    const packed = lz4(bytes.subarray(from, from + MOST_BLOCK_BYTES));
    view.setUint32(at, packed.length, true);
    out.set(packed, at + 4);
    at += 4 + packed.length;
  }
  return out.subarray(0, at + 4);
}

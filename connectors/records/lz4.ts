import { ByteSink } from './byte-sink.ts';
import { damaged } from './damaged.ts';
import { MatchFinder, matchLength } from './match-finder.ts';

/**
 * LZ4 frames. Source: "LZ4 Frame Format Description" 1.6 and "LZ4 Block Format Description" by Yann Collet.
 * Frame: magic (4) | flags (1) | block size (1) | content size (8, optional) | dictionary id (4, optional) | header checksum (1) | blocks | end mark (4) | checksum (4, optional).
 * Checksums are not checked: the batch around the frame has its own.
 */
const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;
const BLOCK_BYTES = 64 * 1024 - 1;
const MIN_MATCH = 4;
/** The last match must begin this far before the end, and the last five bytes are literals: the format's rules for its end. */
const END_MARGIN = 12;
const LAST_LITERALS = 5;
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
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const out = new Uint8Array(FRAME_HEADER.length + bytes.length + Math.ceil(bytes.length / 250) + blocks * 20 + 4);
  const view = new DataView(out.buffer);
  out.set(FRAME_HEADER);
  let at = FRAME_HEADER.length;
  const finder = new MatchFinder();
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    const to = Math.min(from + BLOCK_BYTES, bytes.length);
    const end = packBlock(bytes, from, to, out, at + 4, finder);
    view.setUint32(at, end - at - 4, true);
    at = end;
  }
  return out.subarray(0, at + 4);
}

function packBlock(bytes: Uint8Array, from: number, to: number, out: Uint8Array, start: number, finder: MatchFinder): number {
  finder.reset();
  let at = start;
  let literals = from;
  let position = from + 1;
  while (position < to - END_MARGIN) {
    const found = finder.find(bytes, from, position);
    if (found < 0) {
      // The longer nothing is found, the larger the steps: data that do not compress go through quickly.
      position += 1 + ((position - literals) >> 6);
      continue;
    }
    const length = matchLength(bytes, found, position, to - LAST_LITERALS);
    at = writeSequence(bytes, literals, position, out, at, length - MIN_MATCH);
    const distance = position - found;
    // The distance stands between the literals and what is left of the match length.
    at = writeMatch(out, at, distance, length - MIN_MATCH);
    position += length;
    literals = position;
  }
  return writeSequence(bytes, literals, to, out, at, 0);
}

function writeSequence(bytes: Uint8Array, from: number, to: number, out: Uint8Array, start: number, match: number): number {
  const literals = to - from;
  let at = start;
  out[at++] = (Math.min(literals, 15) << 4) | Math.min(match, 15);
  at = writeExtension(out, at, literals);
  out.set(bytes.subarray(from, to), at);
  return at + literals;
}

function writeMatch(out: Uint8Array, start: number, distance: number, match: number): number {
  out[start] = distance & 255;
  out[start + 1] = distance >> 8;
  return writeExtension(out, start + 2, match);
}

function writeExtension(out: Uint8Array, start: number, length: number): number {
  let at = start;
  if (length < 15) return at;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}

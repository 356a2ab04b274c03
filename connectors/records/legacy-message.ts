import { crc32 } from 'node:zlib';
import { type BatchHeader, LENGTH_PREFIX } from './batch-header.ts';
import { decompress } from './compression.ts';
import { damaged } from './damaged.ts';

/**
 * Messages as Kafka before 0.11 wrote them (magic 0 and 1), which old segments of a log may still hold. All big-endian:
 * offset (8) | size (4) | crc (4) | magic (1) | attributes (1) | timestamp (8, magic 1 only) | key length (4) | key | value length (4) | value.
 * A compressed message holds further messages as its value. Source: Kafka protocol, "Old Message Formats".
 */
export interface LegacyMessage {
  readonly offset: number;
  /** -1 in magic 0, which has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

const MAGIC_AT = 16;
const CODEC_MASK = 7;
const LOG_APPEND_TIME = 8;
/** CRC, magic, attributes, and two lengths. */
const SMALLEST = 14;

/** Whether a message of magic 0 or 1 begins at `position`. */
export const isLegacy = (bytes: Uint8Array, position: number): boolean =>
  position + MAGIC_AT < bytes.length && (bytes[position + MAGIC_AT] as number) < 2;

/** The message at `position` as a batch of its own, so that it can be stepped over; undefined when the bytes end before it does. */
export function readLegacyHeader(bytes: Uint8Array, position: number): BatchHeader | undefined {
  const view = viewOf(bytes);
  const size = view.getInt32(position + 8);
  if (size < SMALLEST) throw damaged(position + 8, `an old message claims ${size} bytes`);
  const end = position + LENGTH_PREFIX + size;
  if (end > bytes.length) return undefined;
  const offset = Number(view.getBigInt64(position));
  return {
    baseOffset: offset,
    lastOffset: offset,
    end,
    crc: view.getUint32(position + 12),
    codec: 0,
    logAppendTime: false,
    transactional: false,
    control: false,
    baseTimestamp: -1,
    maxTimestamp: -1,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    count: 1,
  };
}

/**
 * The message at `position`, or those packed into it.
 *
 * @throws MillraceError DECODE_FAILED when it fails its CRC or contradicts the layout.
 */
export function decodeLegacyMessages(bytes: Uint8Array, position: number): readonly LegacyMessage[] {
  const header = readLegacyHeader(bytes, position);
  if (header === undefined) throw damaged(position, 'an old message ends early');
  if (crc32(bytes.subarray(position + MAGIC_AT, header.end)) !== header.crc)
    throw damaged(position, `the old message at offset ${header.lastOffset} fails its CRC`);
  const view = viewOf(bytes);
  const magic = view.getInt8(position + MAGIC_AT);
  const attributes = view.getInt8(position + 17);
  const timestamp = magic === 0 ? -1 : Number(view.getBigInt64(position + 18));
  const { field: key, next } = readField(bytes, position + (magic === 0 ? 18 : 26), header.end);
  const { field: value } = readField(bytes, next, header.end);
  const codec = attributes & CODEC_MASK;
  if (codec === 0) return [{ offset: header.lastOffset, timestamp, key, value }];
  if (value === null) throw damaged(position, 'a compressed old message is empty');
  const inner = unpack(decompress(codec, value, position));
  return placed(inner, header.lastOffset, magic, (attributes & LOG_APPEND_TIME) === 0 ? undefined : timestamp);
}

function unpack(bytes: Uint8Array): LegacyMessage[] {
  const messages: LegacyMessage[] = [];
  for (let position = 0; position < bytes.length; ) {
    if (!isLegacy(bytes, position)) throw damaged(position, 'a compressed old message holds something else');
    if ((bytes[position + 17] as number) & CODEC_MASK) throw damaged(position, 'a compressed old message holds a compressed one');
    messages.push(...decodeLegacyMessages(bytes, position));
    position = (readLegacyHeader(bytes, position) as BatchHeader).end;
  }
  return messages;
}

/** In magic 1 the offsets inside are relative, and the outer one is that of the last; a broker's own time stands outside only. */
function placed(inner: readonly LegacyMessage[], last: number, magic: number, appendTime: number | undefined): readonly LegacyMessage[] {
  const shift = magic === 0 ? 0 : last - (inner.at(-1)?.offset ?? last);
  return inner.map((message) => ({ ...message, offset: message.offset + shift, timestamp: appendTime ?? message.timestamp }));
}

function readField(bytes: Uint8Array, position: number, end: number): { readonly field: Uint8Array | null; readonly next: number } {
  const start = position + 4;
  if (start > end) throw damaged(position, 'an old message ends within a field');
  const length = viewOf(bytes).getInt32(position);
  if (length < -1 || start + length > end) throw damaged(position, `a field of an old message claims ${length} bytes`);
  return length < 0 ? { field: null, next: start } : { field: bytes.subarray(start, start + length), next: start + length };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

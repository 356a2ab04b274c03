import { damaged } from './damaged.ts';

/**
 * Byte layout of a RecordBatch (magic 2), all big-endian. Source: Kafka protocol, "Record Batch".
 * baseOffset 0 (8) | length 8 (4) | leaderEpoch 12 (4) | magic 16 (1) | crc 17 (4) | attributes 21 (2) | lastOffsetDelta 23 (4) |
 * baseTimestamp 27 (8) | maxTimestamp 35 (8) | producerId 43 (8) | producerEpoch 51 (2) | baseSequence 53 (4) | count 57 (4) | records 61
 */
export const HEADER_SIZE = 61;
/** The checksum covers everything from here. */
export const CHECKED_FROM = 21;
/** Bytes before those that the length field counts. */
export const LENGTH_PREFIX = 12;

export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;

/** What the header of a RecordBatch says. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Position of the byte behind the batch. */
  readonly end: number;
  /** As stored, unsigned. */
  readonly crc: number;
  /** Compression codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly codec: number;
  readonly logAppendTime: boolean;
  readonly transactional: boolean;
  /** A control batch holds a transaction's end marker, no records of users. */
  readonly control: boolean;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Records in the batch. */
  readonly count: number;
}

/**
 * Reads the header at `position`; undefined when the bytes end before the batch does (a fetch may cut its last batch).
 *
 * @throws MillraceError DECODE_FAILED for another magic or a length that cannot be.
 */
export function readBatchHeader(bytes: Uint8Array, position: number): BatchHeader | undefined {
  if (bytes.length - position < HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getInt8(position + 16);
  if (magic !== 2) throw damaged(position + 16, `its magic is ${magic}, where 2 was expected`);
  const length = view.getInt32(position + 8);
  if (length < HEADER_SIZE - LENGTH_PREFIX) throw damaged(position + 8, `its length is ${length}`);
  const end = position + LENGTH_PREFIX + length;
  if (end > bytes.length) return undefined;
  const attributes = view.getInt16(position + 21);
  const baseOffset = int64(view, position);
  return {
    baseOffset,
    lastOffset: baseOffset + view.getInt32(position + 23),
    end,
    crc: view.getUint32(position + 17),
    codec: attributes & CODEC_MASK,
    logAppendTime: (attributes & LOG_APPEND_TIME) !== 0,
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    baseTimestamp: int64(view, position + 27),
    maxTimestamp: int64(view, position + 35),
    producerId: int64(view, position + 43),
    producerEpoch: view.getInt16(position + 51),
    baseSequence: view.getInt32(position + 53),
    count: view.getInt32(position + 57),
  };
}

const int64 = (view: DataView, position: number): number => view.getInt32(position) * 4294967296 + view.getUint32(position + 4);

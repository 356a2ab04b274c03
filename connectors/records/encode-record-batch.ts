import { crc32c } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { RecordColumns } from '../contract/index.ts';
import { CHECKED_FROM, HEADER_SIZE, LENGTH_PREFIX, TRANSACTIONAL } from './batch-header.ts';
import { type Compression, codecNumber, compress } from './compression.ts';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts';

export interface EncodeOptions {
  /** First record, 0 unless given. */
  readonly from?: number;
  /** Record behind the last, `records.count` unless given. */
  readonly to?: number;
  /** Offset of the first record; a broker sets its own. */
  readonly baseOffset?: number;
  readonly compression?: Compression;
  readonly producerId?: number | bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
  /** Write each record's own offset instead of running ones: for blocks from which compaction took records out. */
  readonly keepOffsets?: boolean;
}

/** Below this many bytes a loop copies faster than a call into the engine. */
const COPY_BY_LOOP = 128;

/**
 * Encodes records as one RecordBatch (magic 2) with its CRC-32C. Their offsets run on from `baseOffset`.
 *
 * @throws MillraceError SINK_FAILED for an empty range or a timestamp that is no integer.
 * @example
 * const bytes = encodeRecordBatch(records, { compression: 'zstd' });
 */
export function encodeRecordBatch(records: RecordColumns, options: EncodeOptions = {}): Uint8Array {
  const from = options.from ?? 0;
  const to = options.to ?? records.count;
  if (to <= from) throw new MillraceError('SINK_FAILED', `a record batch needs at least one record; asked for ${from} to ${to}`);
  const { base, max } = timestampRange(records, from, to);
  const compression = options.compression ?? 'none';
  const deltas = offsetDeltas(records, from, to, options);
  const sizes = recordSizes(records, from, base, deltas);
  let batch: Uint8Array = new Uint8Array(HEADER_SIZE + sizes.total);
  writeRecords(records, from, base, sizes.bodies, deltas, batch);
  if (compression !== 'none') batch = packed(compression, batch);
  writeHeader(batch, {
    ...options,
    count: to - from,
    lastDelta: deltas[deltas.length - 1] as number,
    base,
    max,
    codec: codecNumber(compression),
  });
  return batch;
}

function offsetDeltas(records: RecordColumns, from: number, to: number, options: EncodeOptions): Int32Array {
  const deltas = new Int32Array(to - from);
  const first = options.baseOffset ?? 0;
  const keep = options.keepOffsets === true;
  for (let i = 0; i < deltas.length; i++) deltas[i] = keep ? (records.offset[from + i] as number) - first : i;
  return deltas;
}

function packed(compression: Compression, batch: Uint8Array): Uint8Array {
  const records = compress(compression, batch.subarray(HEADER_SIZE));
  const whole = new Uint8Array(HEADER_SIZE + records.length);
  whole.set(records, HEADER_SIZE);
  return whole;
}

function timestampRange(records: RecordColumns, from: number, to: number): { readonly base: number; readonly max: number } {
  const base = records.timestamp[from] as number;
  let max = base;
  for (let record = from; record < to; record++) {
    const timestamp = records.timestamp[record] as number;
    // Twice the difference is what a varlong holds, and what must be exact.
    if (!Number.isSafeInteger(timestamp) || !Number.isSafeInteger(2 * (timestamp - base))) {
      throw new MillraceError(
        'SINK_FAILED',
        `the timestamp of record ${record} is ${timestamp}: not whole milliseconds, or too far from the first`,
      );
    }
    if (timestamp > max) max = timestamp;
  }
  return { base, max };
}

/** Bytes of each record without its length field, and of all with it. */
function recordSizes(
  records: RecordColumns,
  from: number,
  base: number,
  deltas: Int32Array,
): { readonly bodies: Int32Array; readonly total: number } {
  const { keyLength, valueLength, headersLength, timestamp } = records;
  const bodies = new Int32Array(deltas.length);
  let total = 0;
  for (let i = 0; i < deltas.length; i++) {
    const record = from + i;
    const key = keyLength[record] as number;
    const value = valueLength[record] as number;
    const fields = varintSize(key) + Math.max(key, 0) + varintSize(value) + Math.max(value, 0) + ((headersLength[record] as number) || 1);
    const body = 1 + varlongSize((timestamp[record] as number) - base) + varintSize(deltas[i] as number) + fields;
    bodies[i] = body;
    total += varintSize(body) + body;
  }
  return { bodies, total };
}

function writeRecords(records: RecordColumns, from: number, base: number, bodies: Int32Array, deltas: Int32Array, out: Uint8Array): void {
  const { bytes, keyStart, keyLength, valueStart, valueLength, headersStart, headersLength, timestamp } = records;
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = HEADER_SIZE;
  for (let i = 0; i < deltas.length; i++) {
    const record = from + i;
    at = writeVarint(out, at, bodies[i] as number);
    out[at++] = 0;
    at = writeVarlong(out, at, (timestamp[record] as number) - base);
    at = writeVarint(out, at, deltas[i] as number);
    at = writeField(source, keyStart[record] as number, keyLength[record] as number, out, at);
    at = writeField(source, valueStart[record] as number, valueLength[record] as number, out, at);
    const headers = headersLength[record] as number;
    if (headers === 0) out[at++] = 0;
    else at = copy(source, headersStart[record] as number, headers, out, at);
  }
}

function writeField(source: Buffer, start: number, length: number, out: Uint8Array, position: number): number {
  const at = writeVarint(out, position, length);
  return length > 0 ? copy(source, start, length, out, at) : at;
}

function copy(source: Buffer, start: number, length: number, out: Uint8Array, at: number): number {
  if (length > COPY_BY_LOOP) source.copy(out, at, start, start + length);
  else for (let byte = 0; byte < length; byte++) out[at + byte] = source[start + byte] as number;
  return at + length;
}

interface HeaderFields extends EncodeOptions {
  readonly count: number;
  readonly lastDelta: number;
  readonly base: number;
  readonly max: number;
  readonly codec: number;
}

function writeHeader(batch: Uint8Array, fields: HeaderFields): void {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  view.setBigInt64(0, BigInt(fields.baseOffset ?? 0));
  view.setInt32(8, batch.length - LENGTH_PREFIX);
  view.setInt32(12, -1);
  view.setInt8(16, 2);
  view.setInt16(21, fields.codec | (fields.transactional === true ? TRANSACTIONAL : 0));
  view.setInt32(23, fields.lastDelta);
  view.setBigInt64(27, BigInt(fields.base));
  view.setBigInt64(35, BigInt(fields.max));
  view.setBigInt64(43, BigInt(fields.producerId ?? -1));
  view.setInt16(51, fields.producerEpoch ?? -1);
  view.setInt32(53, fields.baseSequence ?? -1);
  view.setInt32(57, fields.count);
  view.setUint32(17, crc32c(batch.subarray(CHECKED_FROM)));
}

import { freshArray } from '../../columnar/index.ts';
import { crc32c, recordBatchKernel } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { RecordColumns } from '../contract/index.ts';
import { CHECKED_FROM, HEADER_SIZE, LENGTH_PREFIX, TRANSACTIONAL } from './batch-header.ts';
import { type Compression, codecNumber, compress } from './compression.ts';

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
  /** False: the checksum stays 0, for batches of which a sum is kept elsewhere. Not for compressed ones. */
  readonly checksum?: boolean;
  /** Memory of so many bytes that the batch is written to; fresh unless given. Not for compressed batches. */
  readonly room?: (length: number) => Uint8Array;
  /** Write each record's own offset instead of running ones: for blocks from which compaction took records out. */
  readonly keepOffsets?: boolean;
}

/** Bytes that the kernel may read and write beyond a region. */
const SPARE = 16;
/** Position of the checksum, which stands before what it covers. */
const CHECKSUM = 17;

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
  const compression = options.compression ?? 'none';
  const laidOut = layOut(records, from, to, options);
  const { memory, batch, end } = writeInMemory(records, from, laidOut);
  const header = {
    ...options,
    count: to - from,
    lastDelta: laidOut.lastDelta,
    base: records.timestamp[from] as number,
    max: latest(records.timestamp, from, to),
    codec: codecNumber(compression),
  };
  if (compression !== 'none') return packed(compression, memory.subarray(batch + HEADER_SIZE, end), header);
  writeHeader(memory.subarray(batch, end), header);
  const { functions, tables } = recordBatchKernel();
  const checksum = options.checksum === false ? 0 : functions.crc32c(batch + CHECKED_FROM, end, 0, tables);
  new DataView(memory.buffer).setUint32(batch + CHECKSUM, checksum);
  const bytes = options.room?.(end - batch) ?? freshArray(Uint8Array, end - batch);
  bytes.set(memory.subarray(batch, end));
  return bytes;
}

function packed(compression: Compression, bytes: Uint8Array, header: HeaderFields): Uint8Array {
  const records = compress(compression, bytes);
  const whole = new Uint8Array(HEADER_SIZE + records.length);
  whole.set(records, HEADER_SIZE);
  writeHeader(whole, header);
  new DataView(whole.buffer).setUint32(CHECKSUM, crc32c(whole.subarray(CHECKED_FROM)));
  return whole;
}

/** Columns in the kernel's memory. */
interface LaidOut {
  readonly columns: number;
  readonly count: number;
  readonly end: number;
  readonly lastDelta: number;
}

/** Copies what the kernel reads of the columns into its memory. */
function layOut(records: RecordColumns, from: number, to: number, options: EncodeOptions): LaidOut {
  const kernel = recordBatchKernel();
  const count = to - from;
  const columns = Math.ceil(kernel.start / 8) * 8;
  const end = columns + count * (8 + 7 * 4);
  const { buffer } = kernel.upTo(end);
  new Float64Array(buffer, columns, count).set(records.timestamp.subarray(from, to));
  const column = (index: number) => new Int32Array(buffer, columns + count * (8 + 4 * index), count);
  const { valueStart, valueLength, keyStart, keyLength, headersStart, headersLength } = records;
  for (const [index, values] of [valueStart, valueLength, keyStart, keyLength, headersStart, headersLength].entries())
    column(index).set(values.subarray(from, to));
  const deltas = column(6);
  const first = options.baseOffset ?? 0;
  const keep = options.keepOffsets === true;
  for (let record = 0; record < count; record++) deltas[record] = keep ? (records.offset[from + record] as number) - first : record;
  return { columns, count, end, lastDelta: deltas[count - 1] as number };
}

/** Writes the records behind room for the header; where the batch begins and ends in the memory. */
function writeInMemory(records: RecordColumns, from: number, { columns, count, end }: LaidOut) {
  const { functions, upTo } = recordBatchKernel();
  const span = Math.ceil(end / 8) * 8;
  const source = span + 8;
  upTo(source);
  const total = functions.measureRecords(columns, count, span);
  if (total < 0) throw badTimestamp(records, from - 1 - total);
  const [first, last] = new Int32Array(upTo(source).buffer, span, 2) as unknown as [number, number];
  const batch = source + (last - first) + SPARE;
  const batchEnd = batch + HEADER_SIZE + total;
  const memory = upTo(batchEnd + SPARE);
  memory.set(records.bytes.subarray(first, last), source);
  functions.writeRecords(columns, count, source - first, batch + HEADER_SIZE);
  return { memory, batch, end: batchEnd };
}

const badTimestamp = ({ timestamp }: RecordColumns, record: number) =>
  new MillraceError(
    'SINK_FAILED',
    `the timestamp of record ${record} is ${timestamp[record]}: not whole milliseconds, or too far from the first`,
  );

function latest(timestamp: Float64Array, from: number, to: number): number {
  let max = timestamp[from] as number;
  for (let record = from; record < to; record++) if ((timestamp[record] as number) > max) max = timestamp[record] as number;
  return max;
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
}

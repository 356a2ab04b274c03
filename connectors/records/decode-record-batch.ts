import { crc32c } from '../../kernels/index.ts';
import type { RecordColumns } from '../contract/index.ts';
import { type BatchHeader, CHECKED_FROM, HEADER_SIZE, readBatchHeader } from './batch-header.ts';
import { decompress } from './compression.ts';
import { damaged } from './damaged.ts';
import { RecordColumnsBuilder } from './record-columns-builder.ts';

export interface DecodeOptions {
  /** Leave out records below this offset: a broker returns whole batches, also when the fetch began within one. */
  readonly minOffset?: number;
  /** Check the CRC-32C; true unless said otherwise. */
  readonly verify?: boolean;
}

/** One RecordBatch, decoded. */
export interface DecodedRecordBatch {
  readonly header: BatchHeader;
  /** Empty for a control batch. Views of the bytes given, or of the unpacked block. */
  readonly records: RecordColumns;
  /** Position of the byte behind the batch. */
  readonly next: number;
}

/**
 * Decodes the RecordBatch (magic 2) that begins at `position`.
 *
 * @throws MillraceError DECODE_FAILED, with the position, when the bytes end early, contradict the layout or fail their checksum. Nothing is read
 * outside of the batch, and no more memory is taken than its bytes can stand for.
 * @example
 * const { records, next } = decodeRecordBatch(bytes, 0);
 */
export function decodeRecordBatch(bytes: Uint8Array, position: number, options: DecodeOptions = {}): DecodedRecordBatch {
  const header = readBatchHeader(bytes, position);
  if (header === undefined) throw damaged(position, `its bytes end early: ${Math.max(bytes.length - position, 0)} are left`);
  if (options.verify !== false) verifyBatch(bytes, position, header);
  const builder = new RecordColumnsBuilder();
  if (header.control) return { header, records: builder.finish(bytes), next: header.end };
  const start = position + HEADER_SIZE;
  const minOffset = options.minOffset ?? Number.NEGATIVE_INFINITY;
  if (header.codec === 0) {
    builder.append(bytes, start, header.end, header, minOffset);
    return { header, records: builder.finish(bytes), next: header.end };
  }
  const block = decompress(header.codec, bytes.subarray(start, header.end), start);
  builder.append(block, 0, block.length, header, minOffset);
  return { header, records: builder.finish(block), next: header.end };
}

/** Throws DECODE_FAILED when the batch at `position` does not match its checksum. */
export function verifyBatch(bytes: Uint8Array, position: number, header: BatchHeader): void {
  if (crc32c(bytes.subarray(position + CHECKED_FROM, header.end)) !== header.crc) {
    throw damaged(position, `offsets ${header.baseOffset} to ${header.lastOffset} fail their CRC-32C`);
  }
}

import type { SpareMemory } from '../../columnar/index.ts';
import type { RecordColumns } from '../contract/index.ts';
import { encodeRecordBatch } from '../records/index.ts';
import type { EncodedBlock } from './log-write.ts';

/** A block is the unit of reading: records appended at once are cut into blocks of about this size. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_RECORDS = 16_384;

/** Records as blocks, whose checksum stands beside them in the table, each with offsets from 0 on: its first one is set when it is written. */
export function encodeBlocks(records: RecordColumns, memory: SpareMemory): readonly EncodedBlock[] {
  const room = (length: number) => memory.take(length);
  const blocks: EncodedBlock[] = [];
  for (let from = 0; from < records.count; ) {
    const to = endOfBlock(records, from);
    blocks.push({
      count: to - from,
      newest: newestTimestamp(records, from, to),
      bytes: encodeRecordBatch(records, { from, to, room, checksum: false }),
    });
    from = to;
  }
  return blocks;
}

function endOfBlock(records: RecordColumns, from: number): number {
  let size = 0;
  for (let record = from; record < records.count; record++) {
    size += Math.max(records.keyLength[record] as number, 0) + Math.max(records.valueLength[record] as number, 0);
    size += records.headersLength[record] as number;
    if (size >= BLOCK_BYTES || record - from + 1 >= BLOCK_RECORDS) return record + 1;
  }
  return records.count;
}

/** The latest timestamp of records `from` to `to`. */
export function newestTimestamp(records: RecordColumns, from: number, to: number): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (let record = from; record < to; record++)
    if ((records.timestamp[record] as number) > newest) newest = records.timestamp[record] as number;
  return newest;
}

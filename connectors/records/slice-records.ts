import type { RecordColumns } from '../contract/index.ts';

/** Records `from` (inclusive) to `to` (exclusive) over the same bytes. */
export function sliceRecords(records: RecordColumns, from: number, to: number): RecordColumns {
  if (from === 0 && to === records.count) return records;
  return {
    count: to - from,
    bytes: records.bytes,
    keyStart: records.keyStart.subarray(from, to),
    keyLength: records.keyLength.subarray(from, to),
    valueStart: records.valueStart.subarray(from, to),
    valueLength: records.valueLength.subarray(from, to),
    timestamp: records.timestamp.subarray(from, to),
    offset: records.offset.subarray(from, to),
    headersStart: records.headersStart.subarray(from, to),
    headersLength: records.headersLength.subarray(from, to),
  };
}

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

/** The records at `rows`, in that order, over the same bytes. */
export function takeRecords(records: RecordColumns, rows: Int32Array): RecordColumns {
  const column = (from: Int32Array) => rows.map((row) => from[row] as number);
  return {
    count: rows.length,
    bytes: records.bytes,
    keyStart: column(records.keyStart),
    keyLength: column(records.keyLength),
    valueStart: column(records.valueStart),
    valueLength: column(records.valueLength),
    headersStart: column(records.headersStart),
    headersLength: column(records.headersLength),
    timestamp: Float64Array.from(rows, (row) => records.timestamp[row] as number),
    offset: Float64Array.from(rows, (row) => records.offset[row] as number),
  };
}

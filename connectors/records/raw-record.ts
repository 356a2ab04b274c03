import type { RawRecord, RecordColumns } from '../contract/index.ts';
import { decodeHeaders } from './record-headers.ts';

/** Takes one record out of its columns, as copies that outlive the block. */
export function rawRecordAt(records: RecordColumns, index: number): RawRecord {
  const { bytes } = records;
  const field = (starts: Int32Array, lengths: Int32Array): Uint8Array | null => {
    const start = starts[index] as number;
    const length = lengths[index] as number;
    // Not slice: that of a Buffer would be a view.
    return length < 0 ? null : new Uint8Array(bytes.subarray(start, start + length));
  };
  return {
    key: field(records.keyStart, records.keyLength),
    value: field(records.valueStart, records.valueLength),
    headers: decodeHeaders(field(records.headersStart, records.headersLength) ?? new Uint8Array(0)),
    timestamp: records.timestamp[index] as number,
    offset: records.offset[index] as number,
  };
}

import type { Float64, Int32, TimestampMillisecond } from 'apache-arrow';
import { float64, float64Data, int32, int32Data, makeBatch, schema, timestamp, timestampData } from '../../columnar/index.ts';
import { type StreamBatch, streamBatch } from '../../streams/index.ts';

export type KeyedRows = { id: Int32; at: TimestampMillisecond; value: Float64 };
const columns = schema<KeyedRows>({ id: int32(), at: timestamp(), value: float64() }, { eventTime: 'at' });

/** A row for each time, with the key and the value of its number; the watermark is its time. */
export function keyedRows(
  times: Float64Array,
  idOf: (row: number) => number,
  numberOf: (row: number) => number,
  firstOrdinal = 0,
): StreamBatch<KeyedRows> {
  const ids = Int32Array.from(times, (_, row) => idOf(row));
  const values = Float64Array.from(times, (_, row) => numberOf(row));
  return streamBatch(makeBatch(columns, [int32Data(ids), timestampData(times), float64Data(values)]), { watermark: times, firstOrdinal });
}

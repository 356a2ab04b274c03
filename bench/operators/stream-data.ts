import {
  category,
  categoryData,
  float64,
  float64Data,
  int32,
  int32Data,
  makeBatch,
  schema,
  timestamp,
  timestampData,
} from '../../columnar/index.ts';
import { Random } from '../../kernels/index.ts';
import { type StreamBatch, sliceStreamBatch, streamBatch } from '../../streams/index.ts';

/** Columns of the streams that the operators' benches read. */
const benchSchema = schema({ at: timestamp(), key: category(), id: int32(), a: float64(), b: float64() }, { eventTime: 'at' });

/** Rows a second of event time: 10 ms apart. */
const STEP = 10;
export const BATCH = 4096;

/** Seeded rows in order of time, cut into batches of 4,096. `keys` distinct strings, `ids` distinct integers. */
export function streamData(rows: number, { keys = 500, ids = 1_000_000, offset = 0, step = STEP } = {}): StreamBatch[] {
  const random = new Random(rows + offset);
  const times = Float64Array.from({ length: rows }, (_, row) => offset + row * step);
  const names = Array.from({ length: keys }, (_, key) => `key-${key}`);
  const batch = makeBatch(benchSchema, [
    timestampData(times),
    categoryData(
      Int32Array.from({ length: rows }, () => random.integer(keys)),
      names,
    ),
    int32Data(Int32Array.from({ length: rows }, () => random.integer(ids))),
    float64Data(Float64Array.from({ length: rows }, () => random.uniform())),
    float64Data(Float64Array.from({ length: rows }, () => random.uniform())),
  ]);
  const whole = streamBatch(batch, { watermark: times });
  return Array.from({ length: Math.ceil(rows / BATCH) }, (_, part) =>
    sliceStreamBatch(whole, part * BATCH, Math.min((part + 1) * BATCH, rows)),
  );
}

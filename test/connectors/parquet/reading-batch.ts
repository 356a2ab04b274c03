import { Int64, makeData } from 'apache-arrow';
import {
  type Batch,
  category,
  categoryData,
  float64,
  float64Data,
  int64,
  makeBatch,
  numbersToInt64,
  required,
  schema,
  timestamp,
  timestampData,
  ValidityBuilder,
} from '../../../columnar/index.ts';

/** Sensor readings: the sample that most Parquet tests read. */
export const readings = schema(
  { sensor: category(), at: required(timestamp()), value: float64(), count: int64() },
  { eventTime: 'at', key: 'sensor' },
);

/** Reading number `n`, made of its number alone, so that tests can tell which row they see. */
export function readingBatch(numbers: readonly number[], timeOf: (n: number) => number = (n) => 1_700_000_000_000 + n * 1_000): Batch {
  const nulls = new ValidityBuilder(numbers.length);
  numbers.forEach((n, row) => {
    if (n % 7 === 3) nulls.setNull(row);
  });
  return makeBatch(readings, [
    categoryData(
      Int32Array.from(numbers, (n) => n % 3),
      ['north', 'süd', 'east'],
    ),
    timestampData(numbers.map(timeOf)),
    float64Data(
      Float64Array.from(numbers, (n) => n / 4),
      nulls,
    ),
    makeData({ type: new Int64(), length: numbers.length, nullCount: 0, data: numbersToInt64(numbers) }),
  ]);
}

/** `from`, `from + 1`, ... below `to`. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

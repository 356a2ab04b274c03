import {
  type Batch,
  boolean,
  booleanData,
  type ColumnsOf,
  category,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  schema,
  timestamp,
  timestampData,
} from '../../columnar/index.ts';

/** About 100 bytes of JSON a row, as sensors send it. */
export const readings = schema(
  { ts: timestamp(), sensor: category(), temp: float64(), pressure: float64(), humidity: float64(), ok: boolean() },
  { eventTime: 'ts' },
);
export type Readings = ColumnsOf<typeof readings>;

const SENSORS = Array.from({ length: 500 }, (_, sensor) => `s${sensor}`);
const START = 1_767_225_600_000;

/** Rows `from` to `from + rows` of an endless stream that is the same every time. */
export function readingsBatch(from: number, rows: number): Batch<Readings> {
  const fill = (value: (row: number) => number) => Float64Array.from({ length: rows }, (_, row) => value(from + row));
  return makeBatch(readings, [
    timestampData(fill((row) => START + row)),
    categoryData(
      Int32Array.from({ length: rows }, (_, row) => (from + row) % SENSORS.length),
      SENSORS,
    ),
    float64Data(fill((row) => 20 + (row % 977) / 100)),
    float64Data(fill((row) => 1000 + (row % 331) / 10)),
    float64Data(fill((row) => (row % 990) / 10)),
    booleanData(Uint8Array.from({ length: rows }, (_, row) => ((from + row) % 3 === 0 ? 0 : 1))),
  ]);
}

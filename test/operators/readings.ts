import type { Dictionary, Float64, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import {
  type Batch,
  category,
  categoryData,
  float64,
  float64Data,
  int32,
  int32Data,
  makeBatch,
  required,
  schema,
  timestamp,
  timestampData,
  utf8,
  utf8Data,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { Random } from '../../kernels/index.ts';
import { type StreamBatch, streamBatch } from '../../streams/index.ts';

/** Columns of the readings that operator tests use. */
export type Readings = {
  station: Dictionary<Utf8, Int32>;
  at: TimestampMillisecond;
  pm25: Float64;
  temperature: Float64;
  count: Int32;
  note: Utf8;
};

export const readingsSchema = schema<Readings>(
  { station: category(), at: required(timestamp()), pm25: float64(), temperature: float64(), count: int32(), note: utf8() },
  { eventTime: 'at', key: 'station' },
);

export const STATIONS = ['Dongsi', 'Guanyuan', 'Tiantan', 'Wanliu'] as const;
export const START = Date.UTC(2013, 2, 1);
export const HOUR = 3_600_000;

/** One row as tests write it; what is left out is null. */
export interface Reading {
  readonly station?: string | null;
  /** Hours since {@link START}. */
  readonly hour: number;
  readonly pm25?: number | null;
  readonly temperature?: number | null;
  readonly count?: number | null;
  readonly note?: string | null;
}

function numbers<A extends Float64Array | Int32Array>(values: A, rows: readonly (number | null | undefined)[]) {
  const nulls = new ValidityBuilder(rows.length);
  rows.forEach((value, row) => {
    if (value === null || value === undefined) nulls.setNull(row);
    else values[row] = value;
  });
  return [values, nulls] as const;
}

/** Readings as a stream; the watermark follows the event time `lateness` hours behind. */
export function readings(rows: readonly Reading[], { lateness = 0, firstOrdinal = 0 } = {}): StreamBatch<Readings> {
  const stations = [...new Set(rows.flatMap(({ station }) => (typeof station === 'string' ? [station] : [])))];
  const [codes, stationNulls] = numbers(
    new Int32Array(rows.length),
    rows.map(({ station }) => (typeof station === 'string' ? stations.indexOf(station) : null)),
  );
  const times = rows.map(({ hour }) => START + hour * HOUR);
  let highest = Number.NEGATIVE_INFINITY;
  const watermark = Float64Array.from(times, (time) => {
    highest = Math.max(highest, time - lateness * HOUR);
    return highest;
  });
  const batch: Batch<Readings> = makeBatch(readingsSchema, [
    categoryData(codes, stations, stationNulls),
    timestampData(times),
    float64Data(
      ...numbers(
        new Float64Array(rows.length),
        rows.map(({ pm25 }) => pm25),
      ),
    ),
    float64Data(
      ...numbers(
        new Float64Array(rows.length),
        rows.map(({ temperature }) => temperature),
      ),
    ),
    int32Data(
      ...numbers(
        new Int32Array(rows.length),
        rows.map(({ count }) => count),
      ),
    ),
    utf8Data(rows.map(({ note }) => note)),
  ]);
  return streamBatch(batch, { watermark, firstOrdinal });
}

/** Seeded readings of four stations, hour by hour, with gaps, nulls, NaN, infinities, duplicates, a late row now and then, and rows without a station. */
export function sampleRows(count = 400, seed = 1): Reading[] {
  const random = new Random(seed);
  const chance = (share: number) => random.uniform() < share;
  const rows: Reading[] = [];
  for (let hour = 0; rows.length < count; hour++) {
    for (const station of STATIONS) {
      if (chance(0.1)) continue;
      const row: Reading = {
        station: chance(0.03) ? null : station,
        hour: chance(0.05) ? hour - 1 - random.integer(3) : hour,
        pm25: chance(0.1) ? null : chance(0.02) ? Number.NaN : chance(0.02) ? Number.POSITIVE_INFINITY : 80 + 30 * random.normal(),
        temperature: chance(0.1) ? null : 10 + random.normal(),
        count: chance(0.1) ? null : random.integer(50),
        note: chance(0.1) ? null : ['fine', 'dust', '', 'wind 3 m/s'][random.integer(4)],
      };
      rows.push(row);
      if (chance(0.05)) rows.push(row);
    }
  }
  return rows.slice(0, count);
}

/** {@link sampleRows} as one stream batch. */
export const sampleReadings = (count = 400, seed = 1, lateness = 0) => readings(sampleRows(count, seed), { lateness });

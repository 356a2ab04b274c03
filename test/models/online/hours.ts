import type { Dictionary, FixedSizeList, Float32, Float64, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import {
  category,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  schema,
  tensor,
  tensorData,
  timestamp,
  timestampData,
  ValidityBuilder,
} from '../../../columnar/index.ts';
import type { StreamBatch } from '../../../streams/index.ts';

export const HOUR = 3_600_000;
export const FEATURES = 3;

export type Hours = {
  station: Dictionary<Utf8, Int32>;
  at: TimestampMillisecond;
  known: Float64;
  measured: Float64;
  sequence: FixedSizeList<Float32>;
};

const HOURS = schema<Hours>(
  { station: category(), at: timestamp(), known: float64(), measured: float64(), sequence: tensor(FEATURES) },
  { eventTime: 'at', key: 'station' },
);

/** One row of a test stream; times in hours. */
export interface Hour {
  readonly station: string | null;
  readonly at: number;
  readonly measured?: number | null;
  readonly known?: number | null;
  readonly features?: readonly number[] | null;
  /** Absent: one more than the row before. */
  readonly ordinal?: number;
  readonly sub?: number;
  /** In hours; absent: the running maximum of `at`. */
  readonly watermark?: number;
  /** In hours; absent: the row's own event time. */
  readonly availableAt?: number;
}

/** A stream batch of hours. What a row leaves out follows from the others: known = measured, features from station and time. */
export function hours(rows: readonly Hour[], firstOrdinal = 0): StreamBatch<Hours> {
  const known = rows.map((row) => (row.known === undefined ? row.measured : row.known));
  const stations = [...new Set(rows.map((row) => row.station ?? ''))];
  const values = rows.flatMap((row) => row.features ?? featuresOf(row));
  let next = firstOrdinal;
  let newest = Number.NEGATIVE_INFINITY;
  const ordinal = rows.map((row) => {
    next = row.ordinal ?? next;
    return next++;
  });
  return {
    batch: makeBatch(HOURS, [
      categoryData(
        Int32Array.from(rows, (row) => stations.indexOf(row.station ?? '')),
        stations,
        nullsOf(rows.map((row) => row.station)),
      ),
      timestampData(rows.map((row) => row.at * HOUR)),
      numbers(known),
      numbers(rows.map((row) => row.measured)),
      tensorData(Float32Array.from(values), FEATURES, nullsOf(rows.map((row) => (row.features === null ? null : 0)))),
    ]),
    origin: { source: 'hours', partition: 0, offset: 0 },
    ordinal: Float64Array.from(ordinal),
    sub: Int32Array.from(rows, (row) => row.sub ?? 0),
    watermark: Float64Array.from(rows, (row) => {
      newest = Math.max(newest, row.watermark ?? row.at);
      return newest * HOUR;
    }),
    ...(rows.some((row) => row.availableAt !== undefined)
      ? { availableAt: Float64Array.from(rows, (row) => (row.availableAt ?? Number.NaN) * HOUR) }
      : {}),
  };
}

export const featuresOf = ({ station, at }: Hour): number[] => [((at * 7) % 5) / 5, (station ?? '').length / 3, ((at * 3) % 4) / 4 - 0.5];

const numbers = (values: readonly (number | null | undefined)[]) =>
  float64Data(
    Float64Array.from(values, (value) => value ?? 0),
    nullsOf(values),
  );

function nullsOf(values: readonly unknown[]): ValidityBuilder {
  const nulls = new ValidityBuilder(values.length);
  values.forEach((value, row) => {
    if (value === null || value === undefined) nulls.setNull(row);
  });
  return nulls;
}

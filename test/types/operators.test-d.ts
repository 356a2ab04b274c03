/** What must compile and what must not: `tsc` is the test. */
import type { Float64, TimestampMillisecond, Utf8 } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { type ColumnsOf, category, float64, required, schema, timestamp } from '../../columnar/index.ts';
import {
  calendarFeatures,
  column,
  count,
  dedupe,
  filterRows,
  impute,
  joinNeighbors,
  lag,
  max,
  mean,
  oneOf,
  range,
  rename,
  select,
  sequences,
  sessionWindow,
  standardize,
  topK,
  tumblingWindow,
  validate,
  when,
  withColumn,
} from '../../operators/index.ts';
import { flow, type StreamBatch } from '../../streams/index.ts';

const readings = schema(
  { station: required(category()), at: timestamp(), pm25: float64(), pm10: float64() },
  { eventTime: 'at', key: 'station' },
);
type Readings = ColumnsOf<typeof readings>;
declare const source: Observable<StreamBatch<Readings>>;

type Rows<S> = S extends Observable<StreamBatch<infer T>> ? T : never;
const is =
  <Expected>() =>
  <Actual extends Expected>(_actual?: Actual) => {};

const STATIONS = ['Dongsi', 'Wanliu'] as const;
const chained = flow(
  source,
  validate({ station: oneOf(STATIONS), pm25: range(0, 2000) }),
  dedupe({ key: 'station' }),
  withColumn('pm25Measured', column('pm25')),
  withColumn('coarse', (row) => row.pm10.minus(row.pm25)),
  withColumn('level', (row) => when(row.pm25.greaterThan(35), 'high', 'low')),
  filterRows((row) => row.coarse.atLeast(0).and(row.level.equals('high'))),
  impute({ columns: ['pm25', 'coarse'], key: 'station' }),
  calendarFeatures({ utcOffset: '8h', cycles: ['hour'] }),
  lag({ columns: ['pm25'], key: 'station', steps: [1, 24] }),
  joinNeighbors({ key: 'station', keys: STATIONS, columns: ['pm25'] }),
  standardize({ columns: ['pm25_Dongsi', 'pm25Lag24', 'hourSin', 'pm25Imputed'] }),
  sequences({ columns: ['pm25', 'hourCos'], key: 'station', length: 24, output: 'past' }),
  rename({ coarse: 'rest' }),
);
is<Rows<typeof chained>['pm25_Wanliu']>()<Float64>();
is<Rows<typeof chained>['level']>()<Utf8>();
is<Rows<typeof chained>['rest']>()<Float64>();
is<Rows<typeof chained>['at']>()<TimestampMillisecond>();

const windows = flow(
  source,
  tumblingWindow({ size: '1h', key: 'station', aggregates: { rows: count(), pm25: mean('pm25'), top: topK('station', 3) } }),
);
is<Rows<typeof windows>['pm25']>()<Float64>();
is<Rows<typeof windows>['windowStart']>()<TimestampMillisecond>();
flow(
  windows,
  withColumn('double', (row) => row.pm25.times(2)),
  sessionWindow({ gap: '1h', aggregates: { most: max('double') } }),
);

// @ts-expect-error a column that is not there
flow(source, dedupe({ key: 'stations' }));
// @ts-expect-error a timestamp is no key
flow(source, dedupe({ key: 'at' }));
// @ts-expect-error a string cannot be standardized
flow(source, standardize({ columns: ['station'] }));
// @ts-expect-error a column that is not there
flow(source, impute({ columns: ['pm2'] }));
// @ts-expect-error a rule for numbers on a string
flow(source, validate({ station: range(0, 1) }));
// @ts-expect-error a rule for strings on a number
flow(source, validate({ pm25: oneOf(['a']) }));
// @ts-expect-error a column that is not there
flow(source, validate({ pm1: range(0, 1) }));
// @ts-expect-error a column that is not there
flow(source, withColumn('copy', column('pm1')));
flow(
  source,
  // @ts-expect-error a column that is not there
  withColumn('copy', (row) => row.pm1),
);
flow(
  source,
  // @ts-expect-error strings have no plus
  withColumn('sum', (row) => row.station.plus(1)),
);
flow(
  source,
  // @ts-expect-error a number cannot be compared with a string
  filterRows((row) => row.pm25.equals('high')),
);
flow(
  source,
  // @ts-expect-error a condition must be boolean
  filterRows((row) => row.pm25),
);
// @ts-expect-error the column was dropped
flow(source, select('station', 'at'), standardize({ columns: ['pm25'] }));
// @ts-expect-error the column was renamed
flow(source, rename({ pm25: 'pm' }), standardize({ columns: ['pm25'] }));
// @ts-expect-error no such lag
flow(source, lag({ columns: ['pm25'], steps: [1] }), standardize({ columns: ['pm25Lag2'] }));
// @ts-expect-error no such neighbor
flow(source, joinNeighbors({ key: 'station', keys: ['Dongsi'], columns: ['pm25'] }), standardize({ columns: ['pm25_Wanliu'] }));
// @ts-expect-error no such cycle
flow(source, calendarFeatures({ cycles: ['hour'] }), standardize({ columns: ['monthSin'] }));
// @ts-expect-error the mean of strings
flow(source, tumblingWindow({ size: '1h', aggregates: { mean: mean('station') } }));
// @ts-expect-error a column that is not there
flow(source, tumblingWindow({ size: '1h', aggregates: { mean: mean('pm1') } }));
// @ts-expect-error a key that is not there
flow(source, tumblingWindow({ size: '1h', key: 'place', aggregates: { rows: count() } }));
// @ts-expect-error no duration
flow(source, tumblingWindow({ size: 'an hour', aggregates: { rows: count() } }));
// @ts-expect-error the window's rows have no such column
flow(windows, select('pm10'));

/** The operators of the catalog in typed chains: what must compile and what must not. `tsc` is the test. */
import type { Bool, Dictionary, Float64, Int32, TimestampMillisecond, Utf8 } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { type ColumnsOf, category, float64, required, schema, type TensorType, timestamp, utf8 } from '../../columnar/index.ts';
import {
  argMax,
  cast,
  clipOutliers,
  correlation,
  describe,
  detectGaps,
  detectStuck,
  explode,
  exponentialAverage,
  flagNovel,
  flagOutliers,
  fuse,
  globalTable,
  hashEncode,
  hoppingWindow,
  interpolate,
  intervalJoin,
  joinAsOf,
  lookupAsync,
  lookupJoin,
  mineTemplates,
  minMax,
  quality,
  resample,
  rolling,
  spectrum,
  textFeatures,
} from '../../operators/index.ts';
import { flow, type StreamBatch } from '../../streams/index.ts';

const readings = schema(
  { station: required(category()), at: timestamp(), pm25: float64(), pm10: float64(), note: utf8() },
  { eventTime: 'at', key: 'station' },
);
const winds = schema({ place: category(), at: timestamp(), speed: float64() }, { eventTime: 'at' });
declare const source: Observable<StreamBatch<ColumnsOf<typeof readings>>>;
declare const wind: Observable<StreamBatch<ColumnsOf<typeof winds>>>;

type Rows<S> = S extends Observable<StreamBatch<infer T>> ? T : never;
const is =
  <Expected>() =>
  <Actual extends Expected>(_actual?: Actual) => {};

const cleaned = flow(
  source,
  interpolate({ columns: ['pm25'], key: 'station' }),
  flagOutliers({ columns: ['pm10'], key: 'station' }),
  clipOutliers({ columns: ['pm10'] }),
  detectStuck({ columns: ['pm25'], rows: 5 }),
  detectGaps({ key: 'station', longerThan: '2h' }),
  rolling({ columns: ['pm25'], rows: 3, statistics: ['Mean', 'Max'] }),
  exponentialAverage({ columns: ['pm25'], halfLife: '6h' }),
  minMax({ columns: ['pm25Max', 'pm10Outlier', 'pm25Stuck', 'sinceLast'] }),
  mineTemplates({ column: 'note' }),
  textFeatures({ column: 'template', size: 16, output: 'words' }),
  hashEncode({ columns: ['station'], size: 8 }),
  spectrum({ column: 'pm25Average', length: 8, bands: 2 }),
  flagNovel({ column: 'note' }),
  cast({ pm10: 'int32', noteNovel: 'boolean', pm25: { from: 'ug/m3', to: 'mg/m3' } }),
);
is<Rows<typeof cleaned>['pm25Mean']>()<Float64>();
is<Rows<typeof cleaned>['templateId']>()<Int32>();
is<Rows<typeof cleaned>['words']>()<TensorType>();
is<Rows<typeof cleaned>['pm10']>()<Int32>();
is<Rows<typeof cleaned>['noteNovel']>()<Bool>();
is<Rows<typeof cleaned>['pm25']>()<Float64>();

const joined = flow(
  source,
  joinAsOf(wind, { key: 'station', rightKey: 'place', columns: ['speed'], prefix: 'wind_' }),
  intervalJoin(wind, { key: 'station', rightKey: 'place', after: '-1h', before: '1h', columns: ['at'], prefix: 'near_' }),
  lookupJoin(globalTable(wind, { key: 'place' }), { key: 'station', columns: ['speed'] }),
);
is<Rows<typeof joined>['wind_speed']>()<Float64>();
is<Rows<typeof joined>['near_at']>()<TimestampMillisecond>();

const heights = schema({ height: float64() });
const asked = flow(
  source,
  lookupAsync(async (stations: readonly string[]) => stations.length as never, {
    key: 'station',
    schema: heights,
    columns: ['height'],
    prefix: 'of_',
  }),
);
is<Rows<typeof asked>['of_height']>()<Float64>();
const byNumber = async (_: readonly number[]) => 0 as never;
const byText = async (_: readonly string[]) => 0 as never;
// @ts-expect-error keys of a string column are strings
flow(source, lookupAsync(byNumber, { key: 'station', schema: heights, columns: ['height'] }));
// @ts-expect-error a column that the answers have not
flow(source, lookupAsync(byText, { key: 'station', schema: heights, columns: ['depth'] }));

const fused = fuse({ air: source, wind }, { every: '10m', columns: { air: ['pm25', 'pm10'], wind: ['speed'] } });
is<Rows<typeof fused>['air_pm10']>()<Float64>();
is<Rows<typeof fused>['wind_age']>()<Float64>();

const described = flow(source, describe({ columns: ['pm25'], key: 'station' }));
is<Rows<typeof described>['station']>()<Dictionary<Utf8, Int32>>();
const judged = flow(source, quality({ size: '1h', ranges: { pm25: [0, 500] }, novel: ['note'] }));
is<Rows<typeof judged>['pm25Outside']>()<Float64>();
const grid = flow(
  source,
  resample({ every: '1h', columns: ['pm25'], key: 'station', gap: '6h' }),
  hoppingWindow({ size: '6h', slide: '1h', aggregates: { at: argMax('pm25', 'pm25') } }),
);
is<Rows<typeof grid>['at']>()<Float64>();

// @ts-expect-error a column that the right stream has not
flow(source, joinAsOf(wind, { columns: ['pm25'] }));
// @ts-expect-error a key that the right stream has not
flow(source, joinAsOf(wind, { key: 'station', rightKey: 'station', columns: ['speed'] }));
// @ts-expect-error a column that the table has not
flow(source, lookupJoin(globalTable(wind, { key: 'place' }), { key: 'station', columns: ['direction'] }));
// @ts-expect-error a table's key that is not there
globalTable(wind, { key: 'station' });
// @ts-expect-error a column of another stream
fuse({ air: source, wind }, { every: '10m', columns: { air: ['speed'], wind: ['speed'] } });
// @ts-expect-error a string has no average
flow(source, exponentialAverage({ columns: ['note'], halfLife: '1h' }));
// @ts-expect-error a number has no words
flow(source, textFeatures({ column: 'pm25', size: 8 }));
// @ts-expect-error no such type
flow(source, cast({ pm25: 'decimal' }));
// @ts-expect-error a temperature is no pressure
flow(source, cast({ pm25: { from: 'degF', to: 'hPa' } }));
// @ts-expect-error no such unit
flow(source, cast({ pm25: { from: 'degF', to: 'degX' } }));
// @ts-expect-error no such statistic
flow(source, rolling({ columns: ['pm25'], rows: 3, statistics: ['Median'] }));
// @ts-expect-error a correlation with a string
flow(source, hoppingWindow({ size: '1h', slide: '1h', aggregates: { c: correlation('pm25', 'note') } }));
// @ts-expect-error a column that is not there
flow(source, explode({ column: 'notes' }));

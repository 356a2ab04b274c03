/** Compiled by `npm run types`: what must compile does, and what must not is marked and would fail the check if it did. */
import type { Dictionary, FixedSizeList, Float32, Float64, Int32, Int64, TimestampMillisecond, Utf8 } from 'apache-arrow';
import type { Observable } from 'rxjs';
import {
  adam,
  compile,
  dense,
  type Estimator,
  learn,
  meanAbsoluteError,
  persistence,
  seasonalNaive,
  sequential,
} from '../../models/index.ts';
import { flow, type StreamBatch } from '../../streams/index.ts';

type Hours = {
  station: Dictionary<Utf8, Int32>;
  at: TimestampMillisecond;
  pm25: Float64;
  measured: Float64;
  sequence: FixedSizeList<Float32>;
  now: FixedSizeList<Float32>;
};

declare const hours: Observable<StreamBatch<Hours>>;
declare const estimator: () => Estimator;
const rest = { estimator, lead: '1h' } as const;

/** A compiled network is an estimator. */
export const network: Estimator = compile(sequential([dense(1)], { inputShape: [4] }), { loss: meanAbsoluteError(), optimizer: adam() });

/** In a flow the columns are known from the stream, and the key column's name goes on into the output. */
export const forecasts: Observable<
  StreamBatch<{ station: Dictionary<Utf8, Int32> | Utf8; prediction: Float64; targetTime: TimestampMillisecond; modelVersion: Int64 }>
> = flow(hours, learn({ ...rest, features: ['sequence', 'now'], target: 'measured', baseline: persistence('pm25'), key: 'station' }));

const by = { features: 'sequence', target: 'measured', baseline: persistence('pm25') } as const;

// @ts-expect-error a key that was not named is not in the type
export const unnamed: Observable<StreamBatch<{ station: Utf8 }>> = flow(hours, learn({ ...rest, ...by }));

// @ts-expect-error there is no column 'sequences'
export const misspelled = flow(hours, learn({ ...rest, ...by, features: 'sequences' }));

// @ts-expect-error features are tensors
export const scalar = flow(hours, learn({ ...rest, ...by, features: 'pm25' }));

// @ts-expect-error a target is a number
export const named = flow(hours, learn({ ...rest, ...by, target: 'station' }));

const season = seasonalNaive('at', { season: '24h' });
// @ts-expect-error a baseline reads a number
export const timed = flow(hours, learn({ ...rest, ...by, baseline: season }));

// @ts-expect-error a key is a string
export const keyed = flow(hours, learn({ ...rest, ...by, key: 'pm25' }));

// @ts-expect-error a lead is a duration
export const soon = flow(hours, learn({ ...rest, ...by, lead: 'soon' }));

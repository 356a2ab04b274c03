import type { Float64, TimestampMillisecond, TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { NumericColumn, StringColumn } from '../../columnar/index.ts';
import { type Duration, type Operator, parseOptions, type StreamBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { Aggregate } from '../time/aggregates/aggregate.ts';
import { count, mean } from '../time/aggregates/numbers.ts';
import { missingShare, outsideShare } from '../time/aggregates/shares.ts';
import { positiveDuration, tumblingWindow } from '../time/tumbling-window.ts';
import { flagNovel } from './flag-novel.ts';

/** Options of {@link quality}. */
export const qualityOptions = z.strictObject({
  size: positiveDuration().describe('length of a window'),
  key: z.string().optional().describe('column whose values are judged apart'),
  ranges: z
    .record(z.string(), z.tuple([z.number(), z.number()]))
    .default({})
    .describe('least and greatest plausible value, by numeric column'),
  novel: z.array(z.string()).default([]).describe('string columns in which values never seen before are counted'),
});

/** Options of {@link quality} as they are written. */
export interface QualityOptions<T extends TypeMap, R extends string, N extends string, K extends string> {
  readonly size: Duration;
  readonly key?: K & KeyColumn<T>;
  readonly ranges?: { readonly [C in R]: readonly [number, number] };
  readonly novel?: readonly N[];
}

/** The rows of {@link quality}. */
export type Quality<T extends TypeMap, R extends string, N extends string, K extends string> = {
  [C in K | 'windowStart' | 'windowEnd' | 'windowTime' | 'rows' | `${R}Missing` | `${R}Outside` | `${N}Novel`]: C extends
    | 'windowStart'
    | 'windowEnd'
    | 'windowTime'
    ? TimestampMillisecond
    : C extends K
      ? C extends keyof T
        ? T[C]
        : never
      : Float64;
};

/**
 * Judges a stream by windows: number of rows; for each numeric column the share of missing values (null, NaN) and of values outside its plausible range; for each string column the share of
 * rows whose value was never seen before.
 *
 * It is `flagNovel` and `tumblingWindow` in one; late rows, odd times and memory are as there.
 *
 * Ledger: that of `tumblingWindow`.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, quality({ size: '1h', key: 'station', ranges: { pm25: [0, 1000] }, novel: ['note'] })); // pm25Missing, pm25Outside, noteNovel
 */
export function quality<
  T extends TypeMap,
  const R extends NumericColumn<NoInfer<T>> = never,
  const N extends StringColumn<NoInfer<T>> = never,
  const K extends string = never,
>(options: QualityOptions<NoInfer<T>, R, N, K>): Operator<T, Quality<T, R, N, K>> {
  const { size, key, ranges, novel } = parseOptions('quality', qualityOptions, options);
  const aggregates: Record<string, Aggregate> = { rows: count() as Aggregate };
  for (const [column, [least, greatest]] of Object.entries(ranges)) {
    aggregates[`${column}Missing`] = missingShare(column) as Aggregate;
    aggregates[`${column}Outside`] = outsideShare(column, least, greatest) as Aggregate;
  }
  for (const column of novel) aggregates[`${column}Novel`] = mean(`${column}Novel`) as Aggregate;
  const flags = novel.map((column) => flagNovel<TypeMap, string>({ column: column as never }) as Operator<TypeMap>);
  // Names made at run time: the declared result says what they are.
  const windows = (tumblingWindow as unknown as (options: unknown) => Operator<TypeMap>)({ size, key, aggregates });
  return (source) => windows(flags.reduce((stream, flag) => flag(stream), source as Observable<StreamBatch>)) as never;
}

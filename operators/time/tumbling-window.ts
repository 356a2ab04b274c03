import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type BatchObserver, type Duration, duration, type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { Aggregate } from './aggregates/aggregate.ts';
import { TimeWindows } from './time-windows.ts';
import { type WindowRows, windowOperator } from './window-operator.ts';

/** What aggregates a window may have: functions made by `count`, `sum`, `mean`, ... */
export const aggregatesOption = z
  .custom<Readonly<Record<string, Aggregate>>>(
    (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
    'expected at least one aggregate, by name',
  )
  .describe('aggregates by name of their result: count, sum, mean, min, max, variance, quantile, distinct, first, last, topK, custom');

/** A duration of at least a millisecond. */
export const positiveDuration = () =>
  duration().refine((value) => value >= 1 && Number.isInteger(value), 'expected a whole number of milliseconds, at least 1');

/** Options of {@link tumblingWindow}. */
export const tumblingWindowOptions = z.strictObject({
  size: positiveDuration().describe('length of a window'),
  offset: duration().default(0).describe('where windows begin, after 1970-01-01T00:00Z: 16h for days of UTC+8'),
  key: z.string().optional().describe('column whose values have windows of their own'),
  aggregates: aggregatesOption,
  late: z.custom<BatchObserver<TypeMap>>().optional().describe('takes the rows that come after their window has closed'),
});

/** Options of {@link tumblingWindow} as they are written. */
export interface TumblingWindowOptions<T extends TypeMap, K extends string, A> {
  readonly size: Duration;
  readonly offset?: Duration;
  readonly key?: K & KeyColumn<T>;
  readonly aggregates: A;
  readonly late?: BatchObserver<T>;
}

/**
 * Aggregates rows by windows of event time that follow each other without overlap, per key.
 *
 * A window is put out when the watermark reaches its end: key, `windowStart`, `windowEnd` (exclusive), `windowTime` (1 ms before the end: the event time of the result) and
 * the aggregates, in the place of the row that closed it; several are ordered by their end, then by the key first seen. `availableAt` is the event time of the closing row.
 * Windows that are open when the input ends are put out then. Windows without rows are not put out.
 *
 * A row whose window has closed is late: it goes to `late` and is counted. Event time that jumps ahead by years closes all windows and makes the rows that follow late;
 * `watermarks({ maxAhead })` or `validate({ at: between(...) })` before the window keeps such rows out. A null event time is rejected; a null key is a key like others.
 * Null and NaN are passed over by aggregates. Memory: the open windows only, also over millions of keys: per key of a window about 40 bytes and 32 for each column
 * that is counted, summed, averaged or searched for its least or greatest value. The watermark bounds it, so there is no `stateTtl`: windows go when they close, and keys with them.
 *
 * Ledger: in = assigned + late + rejected.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, tumblingWindow({ size: '1h', key: 'station', aggregates: { readings: count(), pm25: mean('pm25'), highest: max('pm25') } }));
 */
export function tumblingWindow<
  T extends TypeMap,
  const A extends Readonly<Record<string, Aggregate<NoInfer<T>>>>,
  const K extends string = never,
>(options: TumblingWindowOptions<NoInfer<T>, K, A>): Operator<T, WindowRows<T, K, A>> {
  const { late: _late, ...rest } = options;
  const { size, offset, key, aggregates } = parseOptions('tumblingWindow', tumblingWindowOptions, rest);
  const settings = { key, size, slide: size, offset, aggregates };
  return windowOperator<T, WindowRows<T, K, A>>('tumblingWindow', {
    settings,
    bounds: `size ${size} ms, offset ${offset} ms`,
    create: () => new TimeWindows(settings),
    read: (input, stored) => TimeWindows.read(settings, input, stored),
    late: options.late,
  });
}

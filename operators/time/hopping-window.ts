import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type BatchObserver, type Duration, duration, type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { Aggregate } from './aggregates/aggregate.ts';
import { TimeWindows } from './time-windows.ts';
import { aggregatesOption, positiveDuration } from './tumbling-window.ts';
import { type WindowRows, windowOperator } from './window-operator.ts';

/** Options of {@link hoppingWindow}. */
export const hoppingWindowOptions = z
  .strictObject({
    size: positiveDuration().describe('length of a window'),
    slide: positiveDuration().describe('distance between the starts of two windows, at most the size'),
    offset: duration().default(0).describe('where windows begin, after 1970-01-01T00:00Z'),
    key: z.string().optional().describe('column whose values have windows of their own'),
    aggregates: aggregatesOption,
    late: z.custom<BatchObserver<TypeMap>>().optional().describe('takes the rows that come after all their windows have closed'),
  })
  .refine(({ size, slide }) => slide <= size, 'slide must be at most the size: rows between windows would be lost');

/** Options of {@link hoppingWindow} as they are written. */
export interface HoppingWindowOptions<T extends TypeMap, K extends string, A> {
  readonly size: Duration;
  readonly slide: Duration;
  readonly offset?: Duration;
  readonly key?: K & KeyColumn<T>;
  readonly aggregates: A;
  readonly late?: BatchObserver<T>;
}

/**
 * Aggregates rows by overlapping windows of event time, one beginning every `slide`, per key: the last hour, every five minutes.
 *
 * Each row is added once, to a pane (a stretch that no window cuts through); a window is its panes merged in order. So first and last, and the order of summation, are by
 * pane and then by row. A row that comes too late for some of its windows counts in those that are open; too late for all of them it is late.
 * Results, late rows, odd times and memory are as with `tumblingWindow`, one set of aggregates per pane.
 *
 * Ledger: in = assigned + late + rejected.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, hoppingWindow({ size: '24h', slide: '1h', key: 'station', aggregates: { pm25: mean('pm25') } }));
 */
export function hoppingWindow<
  T extends TypeMap,
  const A extends Readonly<Record<string, Aggregate<NoInfer<T>>>>,
  const K extends string = never,
>(options: HoppingWindowOptions<NoInfer<T>, K, A>): Operator<T, WindowRows<T, K, A>> {
  const { late: _late, ...rest } = options;
  const { size, slide, offset, key, aggregates } = parseOptions('hoppingWindow', hoppingWindowOptions, rest);
  const settings = { key, size, slide, offset, aggregates };
  return windowOperator<T, WindowRows<T, K, A>>('hoppingWindow', {
    settings,
    bounds: `size ${size} ms, slide ${slide} ms, offset ${offset} ms`,
    create: () => new TimeWindows(settings),
    read: (input, stored) => TimeWindows.read(settings, input, stored),
    late: options.late,
  });
}

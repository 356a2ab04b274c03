import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type BatchObserver, type Duration, type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { Aggregate } from './aggregates/aggregate.ts';
import { SessionWindows } from './session-windows.ts';
import { aggregatesOption, positiveDuration } from './tumbling-window.ts';
import { type WindowRows, windowOperator } from './window-operator.ts';

/** Options of {@link sessionWindow}. */
export const sessionWindowOptions = z.strictObject({
  gap: positiveDuration().describe('a session of a key ends after so much event time without a row'),
  key: z.string().optional().describe('column whose values have sessions of their own'),
  aggregates: aggregatesOption,
  late: z.custom<BatchObserver<TypeMap>>().optional().describe('takes the rows that come after their session has closed'),
});

/** Options of {@link sessionWindow} as they are written. */
export interface SessionWindowOptions<T extends TypeMap, K extends string, A> {
  readonly gap: Duration;
  readonly key?: K & KeyColumn<T>;
  readonly aggregates: A;
  readonly late?: BatchObserver<T>;
}

/**
 * Aggregates rows by sessions: stretches of event time in which the rows of a key follow each other by less than `gap`.
 *
 * A session runs from its first row (`windowStart`) to its last row plus the gap (`windowEnd`), and is put out when the watermark reaches its end. A row that lies between two
 * open sessions joins them; `first`, `last` and sums then take the older session first. A row is late when its own session would have ended and it touches none that is open.
 * Order, odd times and null keys are as with `tumblingWindow`. Memory: the open sessions only;
 * the watermark ends them, so there is no `stateTtl`.
 *
 * Ledger: in = assigned + late + rejected.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(clicks, sessionWindow({ gap: '30m', key: 'user', aggregates: { clicks: count() } }));
 */
export function sessionWindow<
  T extends TypeMap,
  const A extends Readonly<Record<string, Aggregate<NoInfer<T>>>>,
  const K extends string = never,
>(options: SessionWindowOptions<NoInfer<T>, K, A>): Operator<T, WindowRows<T, K, A>> {
  const { late: _late, ...rest } = options;
  const { gap, key, aggregates } = parseOptions('sessionWindow', sessionWindowOptions, rest);
  const settings = { key, gap, aggregates };
  return windowOperator<T, WindowRows<T, K, A>>('sessionWindow', {
    settings,
    bounds: `gap ${gap} ms`,
    create: () => new SessionWindows(settings),
    read: (input, stored) => SessionWindows.read(settings, input, stored),
    late: options.late,
  });
}

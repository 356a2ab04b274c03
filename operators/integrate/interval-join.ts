import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { ColumnName } from '../../columnar/index.ts';
import { type Duration, fanIn, milliseconds, type Operator, parseOptions, type StreamBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { refitting } from '../rows/refit-rows.ts';
import { IntervalState } from './interval-state.ts';
import type { Joined } from './right-columns.ts';

const signedDuration = () =>
  z
    .custom<string | number>((value) => signed(value as string) !== undefined, 'expected a duration such as 10s or -5m')
    .transform((value) => signed(value) as number);

function signed(value: string | number): number | undefined {
  if (typeof value !== 'string' || !value.startsWith('-')) return milliseconds(value);
  const span = milliseconds(value.slice(1));
  return span === undefined ? undefined : -span;
}

/** Options of {@link intervalJoin}. */
export const intervalJoinOptions = z
  .strictObject({
    columns: z.array(z.string()).min(1).describe('columns of the right stream to add'),
    key: z.string().optional().describe('column of the left stream whose value must equal that of `rightKey`'),
    rightKey: z.string().optional().describe('its name in the right stream; absent: the same'),
    after: signedDuration().describe('least event time of the right row less that of the left one'),
    before: signedDuration().describe('greatest event time of the right row less that of the left one'),
    prefix: z.string().default('').describe('put before the names of the right columns'),
  })
  .refine(({ after, before }) => after <= before, '`after` must not be greater than `before`');

/** A {@link Duration} that may be negative. */
export type SignedDuration = Duration | `-${Extract<Duration, string>}`;

/** Options of {@link intervalJoin} as they are written. */
export interface IntervalJoinOptions<L extends TypeMap, R extends TypeMap, C extends string, P extends string> {
  readonly columns: readonly (C & ColumnName<R>)[];
  readonly key?: KeyColumn<L>;
  readonly rightKey?: KeyColumn<R>;
  readonly after: SignedDuration;
  readonly before: SignedDuration;
  readonly prefix?: P;
}

/**
 * Joins every left row with every right row of the same key whose event time lies within an interval around its own: orders with the payments of the hour after them.
 *
 * A pair goes out in the place of the row that completed it, pairs of one row in the order their partners came; the event time is that of the left row, `availableAt` the later of
 * both. Rows without a partner give nothing. A row is kept until the watermark of the other stream has passed its interval; one that comes later than that finds only what is
 * still kept. Null keys match each other. Memory: the rows within the interval, at most as many again that have expired.
 *
 * Ledger: in = held + expired.
 *
 * Source: interval join as in Apache Flink.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(orders, intervalJoin(payments, { key: 'order', after: '0s', before: '1h', columns: ['amount'] }));
 */
export function intervalJoin<L extends TypeMap, R extends TypeMap, const C extends string, const P extends string = ''>(
  right: Observable<StreamBatch<R>>,
  options: IntervalJoinOptions<NoInfer<L>, NoInfer<R>, C, P>,
): Operator<L, Joined<L, R, C, P>> {
  const settings = parseOptions('intervalJoin', intervalJoinOptions, options);
  const join = { ...settings, rightKey: settings.rightKey ?? settings.key };
  return (left) =>
    fanIn<readonly [L, R], Joined<L, R, C, P>, IntervalState>('intervalJoin', [left, right], {
      version: 1,
      ledger: { left: ['in'], right: ['held', 'expired'] },
      create: () => new IntervalState(join),
      onTurn: (state, [lefts, rights], step) => {
        const before = state.heldRows;
        const { output, rows } = state.take(lefts, rights);
        step.count('held', state.heldRows - before);
        step.count('expired', rows - (state.heldRows - before));
        return output as StreamBatch<Joined<L, R, C, P>> | undefined;
      },
      snapshot: (state, out) => state.write(out),
      restore: (input, step, adopts) =>
        IntervalState.read(join, input, [refitting(step, adopts, 'left rows'), refitting(step, adopts, 'right rows')]),
    });
}

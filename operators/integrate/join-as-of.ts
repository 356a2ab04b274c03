import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { ColumnName } from '../../columnar/index.ts';
import {
  type BatchObserver,
  type Duration,
  duration,
  fanIn,
  MillraceError,
  type Operator,
  parseOptions,
  type StreamBatch,
} from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { refitting } from '../rows/refit-rows.ts';
import { AsOfState } from './as-of-state.ts';
import type { Joined } from './right-columns.ts';

/** Options of {@link joinAsOf}. */
export const joinAsOfOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('columns of the right stream to add'),
  key: z.string().optional().describe('column of the left stream whose value must equal that of `rightKey`'),
  rightKey: z.string().optional().describe('its name in the right stream; absent: the same'),
  direction: z
    .enum(['backward', 'forward', 'nearest'])
    .default('backward')
    .describe('the last right row not after the left one, the first not before it, or the nearer of both'),
  tolerance: duration().optional().describe('greatest distance in event time; forward and nearest need it, since they wait so long'),
  prefix: z.string().default('').describe('put before the names of the right columns'),
  late: z.custom<BatchObserver<TypeMap>>().optional().describe('takes left rows that come behind the watermark'),
});

/** Options of {@link joinAsOf} as they are written. */
export interface JoinAsOfOptions<L extends TypeMap, R extends TypeMap, C extends string, P extends string> {
  readonly columns: readonly (C & ColumnName<R>)[];
  readonly key?: KeyColumn<L>;
  readonly rightKey?: KeyColumn<R>;
  readonly direction?: 'backward' | 'forward' | 'nearest';
  readonly tolerance?: Duration;
  readonly prefix?: P;
  readonly late?: BatchObserver<L>;
}

/**
 * Adds to every left row columns of the right row that is nearest in event time: the price that held when a trade was made. One output row per left row; null where
 * no right row matches.
 *
 * A left row waits until the watermarks of both streams have passed its event time (and the tolerance, where it looks forward), so the result does not depend on which stream was
 * faster; rows go out by event time, in the place of the row that let them go. Of right rows with one key and event time the last counts; at equal distance `nearest` takes
 * the earlier one. A stream that falls silent holds the join up until it is marked idle or ends.
 *
 * Rows behind the watermark are late: left ones go to `late`, right ones are ignored (counted as `late:right`). Null keys match each other. Memory: rows that wait, right rows not older
 * than these, and one right row per key that is within the tolerance, of which time, key and wanted columns; at most as many again that are no longer needed.
 * Started from a savepoint with more `columns`, they are null for the right rows that came before.
 *
 * Ledger: in:0 = out + held + late.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(trades, joinAsOf(quotes, { key: 'symbol', columns: ['price'], prefix: 'quote_', tolerance: '10s' })); // adds quote_price
 */
export function joinAsOf<L extends TypeMap, R extends TypeMap, const C extends string, const P extends string = ''>(
  right: Observable<StreamBatch<R>>,
  options: JoinAsOfOptions<NoInfer<L>, NoInfer<R>, C, P>,
): Operator<L, Joined<L, R, C, P>> {
  const { late, ...rest } = options;
  const settings = parseOptions('joinAsOf', joinAsOfOptions, rest);
  const { direction, tolerance, key } = settings;
  if (direction !== 'backward' && tolerance === undefined)
    throw new MillraceError('INVALID_OPTION', `joinAsOf: direction '${direction}' needs a tolerance`, {
      hint: 'say how far ahead a right row may lie: the join waits so long',
    });
  const join = { ...settings, rightKey: settings.rightKey ?? key, tolerance: tolerance ?? Number.POSITIVE_INFINITY };
  return (left) =>
    fanIn<readonly [L, R], Joined<L, R, C, P>, AsOfState>('joinAsOf', [left, right], {
      version: 2,
      ledger: { left: ['in:0'], right: ['out', 'held', 'late'] },
      create: () => new AsOfState(join),
      onTurn: (state, [lefts, rights], step) => {
        const before = state.heldRows;
        const { output, lateLeft, lateRight } = state.take(lefts, rights);
        step.count('held', state.heldRows - before);
        step.count('late', lateLeft?.batch.numRows ?? 0);
        step.count('late:right', lateRight);
        if (lateLeft !== undefined && lateLeft.batch.numRows > 0) late?.next(lateLeft as StreamBatch<L>);
        return output as StreamBatch<Joined<L, R, C, P>> | undefined;
      },
      onEnd: (state, step) => {
        late?.complete();
        step.count('held', -state.heldRows);
        return state.end() as StreamBatch<Joined<L, R, C, P>> | undefined;
      },
      snapshot: (state, out) => state.write(out),
      restore: (input, step, adopts) => AsOfState.read(join, input, 2, refitting(step, adopts, 'left rows')),
      migrate: (input, version, step, adopts) => AsOfState.read(join, input, version, refitting(step, adopts, 'left rows')),
      adopt: (input, version, step) => AsOfState.adopt(join, input, version, refitting(step, true, 'left rows')),
    });
}

import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { InterpolateState } from './interpolate-state.ts';

/** Options of {@link interpolate}. */
export const interpolateOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns whose missing values are filled'),
  key: z.string().optional().describe('column whose values are filled independently of each other'),
  limit: z.int().min(1).default(24).describe('most rows of a key that wait for a value; the oldest goes out unfilled when there are more'),
  flag: z.string().min(1).default('Imputed').describe('suffix of the columns that tell filled values (1) from measured ones (0)'),
  ...stateTtlOption,
});

/** Options of {@link interpolate} as they are written. */
export interface InterpolateOptions<T extends TypeMap, C extends string, F extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly limit?: number;
  readonly flag?: F;
}

/**
 * Fills missing values (null, NaN, infinite) with the straight line, over event time, between the values of the same key before and after; `${column}Imputed` is 1 where a value was filled.
 *
 * Rows with a gap wait for the next value of their key and go out in its place; `availableAt` says when that was, so that nothing downstream learns from the future unawares. Rows without gaps pass at
 * once, so rows of different keys may change their order; rows of one key do not. A value stays null before the first and after the last value of its key, where more than `limit` rows would wait, and where
 * event time ran backwards in between. With `stateTtl` the rows that wait for a key that is forgotten go out unfilled, in the place of the row whose watermark said so. Columns become float64. Memory: the rows
 * that wait, and 16 bytes per key and column.
 *
 * Ledger: in = out + held.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, interpolate({ columns: ['pm25'], key: 'station', limit: 6 }));
 */
export function interpolate<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const F extends string = 'Imputed'>(
  options: InterpolateOptions<NoInfer<T>, C, F>,
): Operator<T, WithColumns<T, { [K in C | `${C}${F}`]: Float64 }>> {
  const settings = parseOptions('interpolate', interpolateOptions, options);
  type Output = WithColumns<T, { [K in C | `${C}${F}`]: Float64 }>;
  return statefulOperator<T, Output, InterpolateState>('interpolate', {
    version: 2,
    ledger: { left: ['in'], right: ['out', 'held'] },
    create: () => new InterpolateState(settings),
    onBatch: (state, input, step) => {
      const before = state.heldRows;
      const output = state.append(input) as StreamBatch<Output>;
      step.count('held', state.heldRows - before);
      return output;
    },
    onEnd: (state, step) => {
      step.count('held', -state.heldRows);
      return state.end() as StreamBatch<Output> | undefined;
    },
    snapshot: (state, out) => state.write(out),
    restore: (input) => InterpolateState.read(settings, input),
    migrate: (input) => InterpolateState.migrate(settings, input),
  });
}

import type { Float64, TypeMap } from 'apache-arrow';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import type { Operator } from '../../streams/index.ts';
import { type PastOptions, pastOperator, pastOptions } from './past-values.ts';

/** Options of {@link lag}. */
export const lagOptions = pastOptions;

/** Options of {@link lag} as they are written. */
export type LagOptions<T extends TypeMap, C extends string, N extends number> = PastOptions<T, C, N>;

/** `T` with the columns that {@link lag} adds. */
export type Lagged<T extends TypeMap, C extends string, N extends number> = WithColumns<T, { [K in `${C}Lag${N}`]: Float64 }>;

/**
 * Adds values of earlier rows of the same key: `${column}Lag${n}` is the value n rows before, null before there are as many.
 *
 * It counts rows, not time: on a stream with gaps put `resample` before it. Missing values (null, NaN, infinite) come out as null.
 * Memory per key: 8 bytes per column and greatest step.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, lag({ columns: ['pm25'], key: 'station', steps: [1, 24] })); // adds pm25Lag1, pm25Lag24
 */
export function lag<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const N extends number>(
  options: LagOptions<NoInfer<T>, C, N>,
): Operator<T, Lagged<T, C, N>> {
  return pastOperator('lag', options, { name: (column, step) => `${column}Lag${step}`, project: (_now, then) => then });
}

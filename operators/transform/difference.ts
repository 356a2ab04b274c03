import type { Float64, TypeMap } from 'apache-arrow';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import type { Operator } from '../../streams/index.ts';
import { type PastOptions, pastOperator, pastOptions } from './past-values.ts';

/** Options of {@link difference}. */
export const differenceOptions = pastOptions;

/** Options of {@link difference} as they are written. */
export type DifferenceOptions<T extends TypeMap, C extends string, N extends number> = PastOptions<T, C, N>;

/** `T` with the columns that {@link difference} adds. */
export type Differenced<T extends TypeMap, C extends string, N extends number> = WithColumns<T, { [K in `${C}Diff${N}`]: Float64 }>;

/**
 * Adds how much a value has changed: `${column}Diff${n}` is the value less the one n rows of the same key before, null where either is missing.
 *
 * It counts rows, not time: on a stream with gaps put `resample` before it. Memory per key: 8 bytes per column and greatest step.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, difference({ columns: ['pm25'], key: 'station', steps: [1, 3] })); // adds pm25Diff1, pm25Diff3
 */
export function difference<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const N extends number>(
  options: DifferenceOptions<NoInfer<T>, C, N>,
): Operator<T, Differenced<T, C, N>> {
  return pastOperator('difference', options, { name: (column, step) => `${column}Diff${step}`, project: (now, then) => now - then });
}

import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type PastColumns, PastValues } from './past-values.ts';

/** Options of {@link lag}. */
export const lagOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look back in'),
  key: z.string().optional().describe('column whose values have a past of their own'),
  steps: z.array(z.int().min(1)).min(1).describe('how many rows of the key to look back; each gives a column'),
});

/** Options of {@link lag} as they are written. */
export interface LagOptions<T extends TypeMap, C extends string, N extends number> {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly steps: readonly N[];
}

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
  const { key, ...past } = parseOptions('lag', lagOptions, options);
  const made: PastColumns = { ...past, name: (column, step) => `${column}Lag${step}`, project: (_now, then) => then };
  return statefulOperator<T, Lagged<T, C, N>, PastValues>('lag', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => new PastValues(key, made),
    onBatch: (past, input) => withBatch(input, past.append(input)) as StreamBatch<Lagged<T, C, N>>,
    snapshot: (past, out) => past.write(out),
    restore: (input) => new PastValues(key, made, input),
  });
}

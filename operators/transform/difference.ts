import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { type PastColumns, PastValues } from './past-values.ts';

/** Options of {@link difference}. */
export const differenceOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look back in'),
  key: z.string().optional().describe('column whose values have a past of their own'),
  steps: z.array(z.int().min(1)).min(1).describe('how many rows of the key to look back; each gives a column'),
});

/** Options of {@link difference} as they are written. */
export interface DifferenceOptions<T extends TypeMap, C extends string, N extends number> {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly steps: readonly N[];
}

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
  const { key, ...past } = parseOptions('difference', differenceOptions, options);
  const made: PastColumns = { ...past, name: (column, step) => `${column}Diff${step}`, project: (now, then) => now - then };
  return statefulOperator<T, Differenced<T, C, N>, PastValues>('difference', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => new PastValues(key, made),
    onBatch: (past, input) => withBatch(input, past.append(input)) as StreamBatch<Differenced<T, C, N>>,
    snapshot: (past, out) => past.write(out),
    restore: (input) => new PastValues(key, made, input),
  });
}

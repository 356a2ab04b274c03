import type { Data, Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { keyedColumns, presentData } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Statistics of {@link rolling}. */
export type RollingStatistic = 'Mean' | 'Min' | 'Max' | 'Sum' | 'Deviation';

const STATISTICS = ['Mean', 'Min', 'Max', 'Sum', 'Deviation'] as const;

/** Options of {@link rolling}. */
export const rollingOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look back in'),
  key: z.string().optional().describe('column whose values have a past of their own'),
  ...stateTtlOption,
  rows: z.int().min(1).max(10_000).describe('how many rows of the key, this one included'),
  statistics: z.array(z.enum(STATISTICS)).min(1).default(['Mean']).describe('what to compute'),
});

/** Options of {@link rolling} as they are written. */
export interface RollingOptions<T extends TypeMap, C extends string, S extends RollingStatistic> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly rows: number;
  readonly statistics?: readonly S[];
}

/**
 * Statistics of the last `rows` rows of the key, this one included: adds `${column}Mean`, `Min`, `Max`, `Sum` or `Deviation` (of the population).
 *
 * Computed afresh for every row, oldest value first, so that no rounding error builds up (the cost grows with `rows`). Missing values (null, NaN, infinite) take their place in the
 * window but do not count; null where no value is left. Memory: 8 bytes per key, column and row of the window.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, rolling({ columns: ['pm25'], key: 'station', rows: 24, statistics: ['Mean', 'Max'] })); // adds pm25Mean, pm25Max
 */
export function rolling<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>, const S extends RollingStatistic = 'Mean'>(
  options: RollingOptions<NoInfer<T>, C, S>,
): Operator<T, WithColumns<T, { [K in `${C}${S}`]: Float64 }>> {
  const { columns, key, stateTtl, rows, statistics } = parseOptions('rolling', rollingOptions, options);
  return keyedColumns('rolling', {
    key,
    stateTtl,
    columns,
    // Rows seen, then a ring of values, NaN where missing.
    width: 1 + rows,
    compute: ({ column, values, at, memory }) => {
      const results = statistics.map(() => new Float64Array(values.length));
      const window = new Float64Array(rows);
      for (let row = 0; row < values.length; row++) {
        const place = at[row] as number;
        const seen = memory[place] as number;
        memory[place + 1 + (seen % rows)] = values[row] as number;
        memory[place] = seen + 1;
        const filled = presentInOrder(memory, place + 1, seen + 1, rows, window);
        statistics.forEach((statistic, index) => {
          (results[index] as Float64Array)[row] = filled.length === 0 ? Number.NaN : COMPUTE[statistic](filled);
        });
      }
      return Object.fromEntries(
        statistics.map((statistic, index): [string, Data] => [`${column}${statistic}`, presentData(results[index] as Float64Array)]),
      );
    },
  });
}

/** The values of a ring that are there, oldest first, in `window`. */
function presentInOrder(memory: Float64Array, ring: number, seen: number, rows: number, window: Float64Array): Float64Array {
  let count = 0;
  for (let step = Math.max(0, seen - rows); step < seen; step++) {
    const value = memory[ring + (step % rows)] as number;
    if (!Number.isNaN(value)) window[count++] = value;
  }
  return window.subarray(0, count);
}

const sumOf = (values: Float64Array) => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

const COMPUTE: { readonly [S in RollingStatistic]: (values: Float64Array) => number } = {
  Sum: sumOf,
  Mean: (values) => sumOf(values) / values.length,
  Min: (values) => values.reduce((least, value) => Math.min(least, value)),
  Max: (values) => values.reduce((greatest, value) => Math.max(greatest, value)),
  Deviation: (values) => {
    const mean = sumOf(values) / values.length;
    let squares = 0;
    for (const value of values) squares += (value - mean) * (value - mean);
    return Math.sqrt(squares / values.length);
  },
};

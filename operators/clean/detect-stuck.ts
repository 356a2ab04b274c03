import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type NumericColumn, type WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { keyedColumns } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Options of {@link detectStuck}. */
export const detectStuckOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to watch'),
  key: z.string().optional().describe('column whose values are watched independently'),
  ...stateTtlOption,
  rows: z.int().min(2).describe('how many equal values in a row make a sensor stuck'),
  tolerance: z.number().min(0).default(0).describe('values this close count as equal'),
});

/** Options of {@link detectStuck} as they are written. */
export interface DetectStuckOptions<T extends TypeMap, C extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly rows: number;
  readonly tolerance?: number;
}

/**
 * Flags sensors that repeat themselves: adds `${column}Stuck`, 1 from the `rows`-th equal value in a row on, else 0.
 *
 * Values are compared with the first of their run, so a slow drift does not pass for a stuck sensor. Missing values (null, NaN, infinite) neither end a run nor count, and have flag 0.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, detectStuck({ columns: ['pm25'], key: 'station', rows: 6 })); // adds pm25Stuck
 */
export function detectStuck<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: DetectStuckOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in `${C}Stuck`]: Float64 }>> {
  const { columns, key, stateTtl, rows, tolerance } = parseOptions('detectStuck', detectStuckOptions, options);
  return keyedColumns('detectStuck', {
    key,
    stateTtl,
    columns,
    // The first value of the run, and its length.
    width: 2,
    compute: ({ column, values, at, memory }) => {
      const flags = new Float64Array(values.length);
      for (let row = 0; row < values.length; row++) {
        const value = values[row] as number;
        const place = at[row] as number;
        if (Number.isNaN(value)) continue;
        const equal = (memory[place + 1] as number) > 0 && Math.abs(value - (memory[place] as number)) <= tolerance;
        if (!equal) memory[place] = value;
        memory[place + 1] = equal ? (memory[place + 1] as number) + 1 : 1;
        flags[row] = (memory[place + 1] as number) >= rows ? 1 : 0;
      }
      return { [`${column}Stuck`]: float64Data(flags) };
    },
  });
}

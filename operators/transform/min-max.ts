import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { keyedColumns, presentData } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Options of {@link minMax}. */
export const minMaxOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to scale'),
  key: z.string().optional().describe('column whose values have ranges of their own'),
  ...stateTtlOption,
  freezeAfter: z.int().min(1).optional().describe('how many values of a key and column the range learns from; absent: all'),
});

/** Options of {@link minMax} as they are written. */
export interface MinMaxOptions<T extends TypeMap, C extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly freezeAfter?: number;
}

/**
 * Scales columns to 0 ... 1, online: (value - least) / (greatest - least) over all rows of the key up to and with this one; 0 while all are equal.
 *
 * After `freezeAfter` values the range stays, and results are cut to 0 ... 1. Missing values (null, NaN, infinite) change nothing and come out null. Columns become float64.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, minMax({ columns: ['pm25'], key: 'station' }));
 */
export function minMax<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: MinMaxOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in C]: Float64 }>> {
  const { columns, key, stateTtl, freezeAfter = Number.POSITIVE_INFINITY } = parseOptions('minMax', minMaxOptions, options);
  return keyedColumns('minMax', {
    key,
    stateTtl,
    columns,
    // Count, least, greatest.
    width: 3,
    compute: ({ column, values, at, memory }) => {
      const scaled = new Float64Array(values.length).fill(Number.NaN);
      for (let row = 0; row < values.length; row++) {
        const value = values[row] as number;
        const place = at[row] as number;
        if (Number.isNaN(value)) continue;
        const count = memory[place] as number;
        if (count < freezeAfter) {
          memory[place] = count + 1;
          memory[place + 1] = count === 0 ? value : Math.min(memory[place + 1] as number, value);
          memory[place + 2] = count === 0 ? value : Math.max(memory[place + 2] as number, value);
        }
        const [least, greatest] = [memory[place + 1] as number, memory[place + 2] as number];
        scaled[row] = greatest > least ? Math.min(1, Math.max(0, (value - least) / (greatest - least))) : 0;
      }
      return { [column]: presentData(scaled) };
    },
  });
}

import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { pow } from '../../kernels/index.ts';
import { type Duration, duration, type Operator, parseOptions } from '../../streams/index.ts';
import type { KeyColumn } from '../keys/key-groups.ts';
import { keyedColumns, presentData } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';
import { eventTimes } from '../rows/event-times.ts';

/** Options of {@link exponentialAverage}. */
export const exponentialAverageOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to average'),
  key: z.string().optional().describe('column whose values have averages of their own'),
  ...stateTtlOption,
  halfLife: duration()
    .refine((value) => value > 0, 'expected a duration above 0')
    .describe('event time after which a value weighs half as much'),
});

/** Options of {@link exponentialAverage} as they are written. */
export interface ExponentialAverageOptions<T extends TypeMap, C extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly halfLife: Duration;
}

/**
 * Adds `${column}Average`: the average of all values of the key so far, each weighing half as much for every `halfLife` of event time that has passed since it; this row's weighs 1.
 *
 * Weighing by time, not by rows, suits sensors that report irregularly. A late row is taken as if it came at the latest time of its key. Missing values (null, NaN, infinite) change nothing and
 * show the average so far; null before the first value. Memory: 24 bytes per key and column.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, exponentialAverage({ columns: ['pm25'], key: 'station', halfLife: '6h' })); // adds pm25Average
 */
export function exponentialAverage<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: ExponentialAverageOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in `${C}Average`]: Float64 }>> {
  const { columns, key, stateTtl, halfLife } = parseOptions('exponentialAverage', exponentialAverageOptions, options);
  return keyedColumns('exponentialAverage', {
    key,
    stateTtl,
    columns,
    // Weighted sum, sum of weights, time of both.
    width: 3,
    compute: ({ column, values, at, memory, input }) => {
      const times = eventTimes(input.batch);
      const averages = new Float64Array(values.length);
      for (let row = 0; row < values.length; row++) {
        const place = at[row] as number;
        const value = values[row] as number;
        const time = times[row] as number;
        if (!Number.isNaN(value) && !Number.isNaN(time)) {
          const passed = (memory[place + 1] as number) === 0 ? 0 : Math.max(0, time - (memory[place + 2] as number));
          const decay = passed === 0 ? 1 : pow(0.5, passed / halfLife);
          memory[place + 2] = memory[place + 1] === 0 ? time : (memory[place + 2] as number) + passed;
          memory[place] = (memory[place] as number) * decay + value;
          memory[place + 1] = (memory[place + 1] as number) * decay + 1;
        }
        averages[row] = (memory[place] as number) / (memory[place + 1] as number);
      }
      return { [`${column}Average`]: presentData(averages) };
    },
  });
}

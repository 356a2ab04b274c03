import type { Data, Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type NumericColumn, numberView, ValidityBuilder, type WithColumns, withColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions, type StreamBatch, statefulOperator, withBatch } from '../../streams/index.ts';
import { type ColumnMemory, columnMemoryState } from '../keys/column-memory.ts';
import { isMissing, type KeyColumn } from '../keys/key-groups.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** Options of {@link standardize}. */
export const standardizeOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to scale'),
  key: z.string().optional().describe('column whose values have statistics of their own'),
  ...stateTtlOption,
  freezeAfter: z.int().min(1).optional().describe('how many values of a key and column the statistics learn from; absent: all'),
  clip: z.number().positive().optional().describe('results are cut to -clip ... clip'),
  fill: z.number().optional().describe('what missing values become after scaling; 0 is the mean; absent: they stay null'),
});

/** Options of {@link standardize} as they are written. */
export interface StandardizeOptions<T extends TypeMap, C extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly freezeAfter?: number;
  readonly clip?: number;
  readonly fill?: number;
}

/** Count, mean, sum of squared differences from the mean. */
const WIDTH = 3;

/**
 * Scales columns to mean 0 and standard deviation 1, online: (value - mean) / deviation, with the statistics of all rows of the key up to and with this one.
 *
 * Mean and variance follow Welford's updates, row by row; the deviation is that of the population (divided by n). While all values are equal the result is 0.
 * Missing values (null, NaN, infinite) change no statistics and come out null, or as `fill`. Columns become float64 under their names.
 * `freezeAfter` stops learning after so many values of a key, as one does once a scale is known; `clip` bounds the outliers of the first rows.
 * Memory: 24 bytes per key and column.
 *
 * Ledger: in = out.
 *
 * Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", Technometrics 4(3), 1962.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, standardize({ columns: ['pm25', 'temperature'], clip: 8, fill: 0 }));
 */
export function standardize<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: StandardizeOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in C]: Float64 }>> {
  const { columns, key, stateTtl, freezeAfter, clip, fill } = parseOptions('standardize', standardizeOptions, options);
  const scaling: Scaling = {
    freezeAfter: freezeAfter ?? Number.POSITIVE_INFINITY,
    clip: clip ?? Number.POSITIVE_INFINITY,
    fill: fill ?? Number.NaN,
    stride: columns.length * WIDTH,
  };
  return statefulOperator<T, WithColumns<T, { [K in C]: Float64 }>, ColumnMemory>('standardize', {
    ...columnMemoryState({ key, stateTtl, columns, width: WIDTH }),
    ledger: { left: ['in'], right: ['out'] },
    onBatch: ({ groups, values }, input) => {
      const rows = groups.groupsOf(input);
      const known = values.reserve(groups.size);
      const scaled = columns.map((column, index) => [column, scaleColumn(input, column, rows, known, index * WIDTH, scaling)]);
      return withBatch(input, withColumns(input.batch, Object.fromEntries(scaled))) as StreamBatch<WithColumns<T, { [K in C]: Float64 }>>;
    },
  });
}

interface Scaling {
  readonly freezeAfter: number;
  readonly clip: number;
  readonly fill: number;
  readonly stride: number;
}

function scaleColumn(
  input: StreamBatch,
  column: string,
  groups: Int32Array,
  known: Float64Array,
  offset: number,
  scaling: Scaling,
): Data<Float64> {
  const { values, validity, length } = numberView(input.batch, column);
  const { freezeAfter, clip, fill, stride } = scaling;
  const scaled = new Float64Array(length);
  const nulls = new ValidityBuilder(length);
  for (let row = 0; row < length; row++) {
    const at = (groups[row] as number) * stride + offset;
    if (isMissing(values, validity, row)) {
      if (Number.isNaN(fill)) nulls.setNull(row);
      else scaled[row] = fill;
      continue;
    }
    const value = values[row] as number;
    if ((known[at] as number) < freezeAfter) learnMoments(known, at, value);
    const deviation = Math.sqrt((known[at + 2] as number) / (known[at] as number));
    const score = deviation > 0 ? (value - (known[at + 1] as number)) / deviation : 0;
    scaled[row] = Math.min(clip, Math.max(-clip, score));
  }
  return float64Data(scaled, nulls);
}

/** Welford's update of (count, mean, sum of squared differences) at `at`. */
function learnMoments(known: Float64Array, at: number, value: number): void {
  const count = (known[at] as number) + 1;
  const before = value - (known[at + 1] as number);
  const mean = (known[at + 1] as number) + before / count;
  known[at] = count;
  known[at + 1] = mean;
  known[at + 2] = (known[at + 2] as number) + before * (value - mean);
}

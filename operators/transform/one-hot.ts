import type { Float64, TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { float64Data, type StringColumn, stringView, type WithColumns, withColumns } from '../../columnar/index.ts';
import { mapBatch, type Operator, parseOptions } from '../../streams/index.ts';

/** Options of {@link oneHot}. */
export const oneHotOptions = z.strictObject({
  column: z.string().describe('string column'),
  values: z
    .array(z.string())
    .min(1)
    .refine((values) => new Set(values).size === values.length, 'expected each value once')
    .describe('the values that get a column'),
});

/** Options of {@link oneHot} as they are written. */
export interface OneHotOptions<T extends TypeMap, C extends string, V extends string> {
  readonly column: C & StringColumn<T>;
  readonly values: readonly V[];
}

/** The columns that {@link oneHot} adds. */
export type OneHot<T extends TypeMap, C extends string, V extends string> = WithColumns<T, { [K in `${C}_${V}`]: Float64 }>;

/**
 * Adds one column per named value: `${column}_${value}` is 1 where the string column holds that value, else 0. Null and values that are not named
 * are 0 everywhere. The values are given, not learned, so that the columns are the same from the first row on.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, oneHot({ column: 'station', values: ['Dongsi', 'Guanyuan'] })); // adds station_Dongsi, station_Guanyuan
 */
export function oneHot<T extends TypeMap, const C extends StringColumn<NoInfer<T>>, const V extends string>(
  options: OneHotOptions<NoInfer<T>, C, V>,
): Operator<T, OneHot<T, C, V>> {
  const { column, values } = parseOptions('oneHot', oneHotOptions, options);
  const index = new Map(values.map((value, place) => [value, place]));
  return mapBatch<T, OneHot<T, C, V>>('oneHot', (batch) => {
    const strings = stringView(batch, column as StringColumn<T>);
    const columns = values.map(() => new Float64Array(batch.numRows));
    for (let row = 0; row < batch.numRows; row++) {
      const place = index.get(strings.get(row) ?? '');
      if (place !== undefined) (columns[place] as Float64Array)[row] = 1;
    }
    const added = Object.fromEntries(values.map((value, place) => [`${column}_${value}`, float64Data(columns[place] as Float64Array)]));
    return withColumns(batch, added) as never;
  });
}

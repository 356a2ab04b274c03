import type { Float64, TypeMap } from 'apache-arrow';
import type { NumericColumn, WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions } from '../../streams/index.ts';
import { keyedColumns, presentData } from '../keys/keyed-columns.ts';
import { boundsOf, type OutlierOptions, outlierMemory, outlierOptions, visitBounds } from './outlier-bounds.ts';

/** Options of {@link clipOutliers}. */
export const clipOutliersOptions = outlierOptions;

/**
 * Cuts values that `flagOutliers` would flag to the nearest value that it would not. Columns become float64 under their names; missing values (null, NaN, infinite) become null.
 *
 * The value as it came is what is remembered, so a lasting new level is accepted in time. Memory as with `flagOutliers`.
 *
 * Ledger: in = out.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, clipOutliers({ columns: ['pm25'], key: 'station', method: 'zScore', threshold: 4 }));
 */
export function clipOutliers<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: OutlierOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in C]: Float64 }>> {
  const { columns, key, stateTtl, method, threshold, window } = parseOptions('clipOutliers', outlierOptions, options);
  const rule = boundsOf(method, threshold ?? (method === 'iqr' ? 1.5 : 3));
  return keyedColumns('clipOutliers', {
    key,
    stateTtl,
    columns,
    width: outlierMemory(window),
    compute: (column) => {
      const clipped = column.values.slice();
      visitBounds(column, window, rule, (row, low, high) => {
        clipped[row] = Math.min(high, Math.max(low, column.values[row] as number));
      });
      return { [column.column]: presentData(clipped) };
    },
  });
}

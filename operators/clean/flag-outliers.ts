import type { Float64, TypeMap } from 'apache-arrow';
import { float64Data, type NumericColumn, type WithColumns } from '../../columnar/index.ts';
import { type Operator, parseOptions } from '../../streams/index.ts';
import { keyedColumns } from '../keys/keyed-columns.ts';
import { boundsOf, type OutlierOptions, outlierMemory, outlierOptions, visitBounds } from './outlier-bounds.ts';

/** Options of {@link flagOutliers}. */
export const flagOutliersOptions = outlierOptions;

/**
 * Flags values far from the earlier values of their key: adds `${column}Outlier`, 1 for an outlier, else 0.
 *
 * zScore: more than `threshold` standard deviations from the mean of the last `window` values; iqr: more than `threshold` interquartile ranges outside the quartiles; hampel: more than
 * `threshold` scaled median deviations from the median. Only earlier rows are looked at, so that nothing waits. Until a key has four values none is an outlier; outliers are
 * remembered like other values, so a new level is accepted in time. Missing values (null, NaN, infinite) are never outliers. Memory: 8 bytes per key, column and row of the window.
 *
 * Ledger: in = out.
 *
 * Source: F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974.
 *
 * @throws MillraceError INVALID_OPTION, SCHEMA_MISMATCH
 * @example
 * flow(readings, flagOutliers({ columns: ['pm25'], key: 'station', method: 'hampel', window: 48 })); // adds pm25Outlier
 */
export function flagOutliers<T extends TypeMap, const C extends NumericColumn<NoInfer<T>>>(
  options: OutlierOptions<NoInfer<T>, C>,
): Operator<T, WithColumns<T, { [K in `${C}Outlier`]: Float64 }>> {
  const { columns, key, stateTtl, method, threshold, window } = parseOptions('flagOutliers', outlierOptions, options);
  const rule = boundsOf(method, threshold ?? (method === 'iqr' ? 1.5 : 3));
  return keyedColumns('flagOutliers', {
    key,
    stateTtl,
    columns,
    width: outlierMemory(window),
    compute: (column) => {
      const flags = new Float64Array(column.values.length);
      visitBounds(column, window, rule, (row, low, high) => {
        const value = column.values[row] as number;
        flags[row] = value < low || value > high ? 1 : 0;
      });
      return { [`${column.column}Outlier`]: float64Data(flags) };
    },
  });
}

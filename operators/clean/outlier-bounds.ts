import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { KeyColumn } from '../keys/key-groups.ts';
import type { KeyedColumn } from '../keys/keyed-columns.ts';
import { type StateTtl, stateTtlOption } from '../keys/state-ttl.ts';

/** How `flagOutliers` and `clipOutliers` tell outliers. */
export type OutlierMethod = 'zScore' | 'iqr' | 'hampel';

/** Options of {@link flagOutliers} and {@link clipOutliers}. */
export const outlierOptions = z.strictObject({
  columns: z.array(z.string()).min(1).describe('numeric columns to look at'),
  key: z.string().optional().describe('column whose values have statistics of their own'),
  ...stateTtlOption,
  method: z.enum(['zScore', 'iqr', 'hampel']).default('hampel').describe('mean and deviation, quartiles, or median and median deviation'),
  threshold: z.number().positive().optional().describe('how many deviations (or interquartile ranges) are too many; 3, for iqr 1.5'),
  window: z.int().min(4).max(1000).default(24).describe('how many earlier values of the key are looked at'),
});

/** Options of {@link flagOutliers} and {@link clipOutliers} as they are written. */
export interface OutlierOptions<T extends TypeMap, C extends string> extends StateTtl {
  readonly columns: readonly C[];
  readonly key?: KeyColumn<T>;
  readonly method?: OutlierMethod;
  readonly threshold?: number;
  readonly window?: number;
}

/** Values needed before any is called an outlier. */
const LEAST = 4;

/** Lowest and highest value that is no outlier, given the values before; -Infinity and Infinity while there are too few. */
export type BoundsOf = (sorted: Float64Array) => readonly [number, number];

/** The rule of a method. `sorted`: the earlier values, ascending. */
export function boundsOf(method: OutlierMethod, threshold: number): BoundsOf {
  if (method === 'zScore') {
    return (sorted) => {
      const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
      const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / sorted.length);
      return [mean - threshold * deviation, mean + threshold * deviation];
    };
  }
  if (method === 'iqr') {
    return (sorted) => {
      const [low, high] = [quantileOf(sorted, 0.25), quantileOf(sorted, 0.75)];
      return [low - threshold * (high - low), high + threshold * (high - low)];
    };
  }
  return (sorted) => {
    const middle = quantileOf(sorted, 0.5);
    // 1.4826 makes the median deviation of normal values their standard deviation.
    const deviation = 1.4826 * quantileOf(sorted.map((value) => Math.abs(value - middle)).sort(), 0.5);
    return [middle - threshold * deviation, middle + threshold * deviation];
  };
}

/** Quantile of sorted values, linear between two of them. */
function quantileOf(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}

/** Memory per key and column: count of values, then a ring of `window` values. */
export const outlierMemory = (window: number): number => 1 + window;

/** Calls `visit` with every row's bounds (of the values before it), then remembers its value. */
export function visitBounds(
  { values, at, memory }: KeyedColumn,
  window: number,
  rule: BoundsOf,
  visit: (row: number, low: number, high: number) => void,
): void {
  for (let row = 0; row < values.length; row++) {
    const place = at[row] as number;
    const count = memory[place] as number;
    const value = values[row] as number;
    if (Number.isNaN(value)) continue;
    if (count < LEAST) visit(row, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    else {
      const [low, high] = rule(memory.slice(place + 1, place + 1 + Math.min(count, window)).sort());
      visit(row, low, high);
    }
    memory[place + 1 + (count % window)] = value;
    memory[place] = count + 1;
  }
}

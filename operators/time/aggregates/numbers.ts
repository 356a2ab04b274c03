import type { Float64 } from 'apache-arrow';
import type { NumericType } from '../../../columnar/index.ts';
import { type Accumulator, type Aggregate, numberAccumulator, type SlotArithmetic } from './aggregate.ts';
import type { Statistic } from './column-statistics.ts';

type NumberAggregate<C extends string> = Aggregate<{ readonly [K in C]: NumericType }, Float64>;

const aggregate = <Needs>(kind: string, accumulator: () => Accumulator): Aggregate<Needs, Float64> => ({ kind, accumulator });

const statistic = <const C extends string>(column: C, wanted: Statistic): NumberAggregate<C> => ({
  kind: `${wanted}(${column})`,
  accumulator: (shared) => shared.accumulator(column, wanted),
});

/** How many rows there are; with a column, how many of its values are neither null nor NaN. */
export function count<const C extends string>(column: C): NumberAggregate<C>;
export function count(): NumberAggregate<never>;
export function count(column?: string): NumberAggregate<never> {
  return column === undefined ? { kind: 'count()', accumulator: (shared) => shared.rows() } : statistic(column, 'count');
}

/** Sum in row order; null where there is no value. Null and NaN are passed over, in all aggregates. */
export function sum<const C extends string>(column: C): NumberAggregate<C> {
  return statistic(column, 'sum');
}

/** Arithmetic mean. */
export function mean<const C extends string>(column: C): NumberAggregate<C> {
  return statistic(column, 'mean');
}

/** Least value. */
export function min<const C extends string>(column: C): NumberAggregate<C> {
  return statistic(column, 'min');
}

/** Greatest value. */
export function max<const C extends string>(column: C): NumberAggregate<C> {
  return statistic(column, 'max');
}

/** Sample variance (divided by n - 1), by Welford's and Chan's updates; null below two values. */
export function variance<const C extends string>(column: C): NumberAggregate<C> {
  return aggregate(`variance(${column})`, () => numberAccumulator({ ...momentsOf(column), result: sampleVariance }));
}

/** Square root of the sample {@link variance}. */
export function standardDeviation<const C extends string>(column: C): NumberAggregate<C> {
  return aggregate(`standardDeviation(${column})`, () =>
    numberAccumulator({ ...momentsOf(column), result: (v, at) => Math.sqrt(sampleVariance(v, at)) }),
  );
}

/** The first value, by row order. */
export function first<const C extends string>(column: C): NumberAggregate<C> {
  return aggregate(`first(${column})`, () => numberAccumulator(firstOf(column)));
}

/** The last value, by row order. */
export function last<const C extends string>(column: C): NumberAggregate<C> {
  return aggregate(`last(${column})`, () => numberAccumulator(lastOf(column)));
}

/** The value of `column` in the row where `by` is greatest; the first such row counts, and rows where either is missing are passed over. */
export function argMax<const C extends string, const B extends string>(column: C, by: B): NumberAggregate<C | B> {
  return aggregate(`argMax(${column}, ${by})`, () =>
    numberAccumulator({
      initial: [Number.NaN, Number.NaN],
      add: (v, views, slots, from, to) => {
        const [values, ranks] = [views.numbers(column), views.numbers(by)];
        for (let row = from; row < to; row++) {
          const at = (slots[row] as number) * 2;
          if (at < 0 || Number.isNaN(values[row]) || Number.isNaN(ranks[row]) || (v[at] as number) >= (ranks[row] as number)) continue;
          v[at] = ranks[row] as number;
          v[at + 1] = values[row] as number;
        }
      },
      merge: (v, from, into) => {
        if (Number.isNaN(v[from]) || (v[into] as number) >= (v[from] as number)) return;
        v[into] = v[from] as number;
        v[into + 1] = v[from + 1] as number;
      },
      result: (v, at) => v[at + 1] as number,
    }),
  );
}

const sampleVariance = (v: Float64Array, at: number) =>
  (v[at] as number) > 1 ? Math.max(0, (v[at + 2] as number) / ((v[at] as number) - 1)) : Number.NaN;

/** Count, mean, sum of squared differences. */
const momentsOf = (column: string): Omit<SlotArithmetic, 'result'> => ({
  initial: [0, 0, 0],
  add: (v, views, slots, from, to) => {
    const values = views.numbers(column);
    for (let row = from; row < to; row++) {
      const at = (slots[row] as number) * 3;
      const value = values[row] as number;
      if (at < 0 || Number.isNaN(value)) continue;
      const n = (v[at] as number) + 1;
      const difference = value - (v[at + 1] as number);
      v[at] = n;
      v[at + 1] = (v[at + 1] as number) + difference / n;
      v[at + 2] = (v[at + 2] as number) + difference * (value - (v[at + 1] as number));
    }
  },
  merge: (v, from, into) => {
    const [added, had] = [v[from] as number, v[into] as number];
    if (added === 0) return;
    const n = had + added;
    const difference = (v[from + 1] as number) - (v[into + 1] as number);
    v[into] = n;
    v[into + 1] = (v[into + 1] as number) + (difference * added) / n;
    v[into + 2] = (v[into + 2] as number) + (v[from + 2] as number) + (difference * difference * had * added) / n;
  },
});

const lastOf = (column: string): SlotArithmetic => ({
  initial: [Number.NaN],
  add: (v, views, slots, from, to) => {
    const values = views.numbers(column);
    for (let row = from; row < to; row++) {
      const slot = slots[row] as number;
      if (slot >= 0 && !Number.isNaN(values[row])) v[slot] = values[row] as number;
    }
  },
  merge: (v, from, into) => {
    if (!Number.isNaN(v[from])) v[into] = v[from] as number;
  },
  result: (v, at) => v[at] as number,
});

const firstOf = (column: string): SlotArithmetic => ({
  ...lastOf(column),
  add: (v, views, slots, from, to) => {
    const values = views.numbers(column);
    for (let row = from; row < to; row++) {
      const slot = slots[row] as number;
      if (slot >= 0 && Number.isNaN(v[slot])) v[slot] = values[row] as number;
    }
  },
  merge: (v, from, into) => {
    if (Number.isNaN(v[into])) v[into] = v[from] as number;
  },
});

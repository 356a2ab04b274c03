import type { Float64 } from 'apache-arrow';
import { type NumericType, type TensorType, tensorData } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Aggregate, numberAccumulator } from './aggregate.ts';
import { objectAccumulator } from './object-accumulator.ts';

type NumberAggregate<C extends string> = Aggregate<{ readonly [K in C]: NumericType }, Float64>;

/** Rows that a test finds, and all rows: their quotient is the result. */
function share(test: (value: number) => boolean, ofPresent: boolean, column: string) {
  return numberAccumulator({
    initial: [0, 0],
    add: (v, views, slots, from, to) => {
      const values = views.numbers(column);
      for (let row = from; row < to; row++) {
        const at = (slots[row] as number) * 2;
        const value = values[row] as number;
        if (at < 0 || (ofPresent && Number.isNaN(value))) continue;
        v[at] = (v[at] as number) + (test(value) ? 1 : 0);
        v[at + 1] = (v[at + 1] as number) + 1;
      }
    },
    merge: (v, from, into) => {
      v[into] = (v[into] as number) + (v[from] as number);
      v[into + 1] = (v[into + 1] as number) + (v[from + 1] as number);
    },
    result: (v, at) => (v[at] as number) / (v[at + 1] as number),
  });
}

/** Share of the rows in which the column is null or NaN. */
export function missingShare<const C extends string>(column: C): NumberAggregate<C> {
  return { kind: `missingShare(${column})`, accumulator: () => share(Number.isNaN, false, column) };
}

/** Share of the values (null and NaN aside) that lie below `least` or above `greatest`. */
export function outsideShare<const C extends string>(column: C, least: number, greatest: number): NumberAggregate<C> {
  return {
    kind: `outsideShare(${column}, ${least}, ${greatest})`,
    accumulator: () => share((value) => value < least || value > greatest, true, column),
  };
}

/** Count, both means, both sums of squares, sum of products of the differences from the means. */
const WIDTH = 6;

/** Pearson's correlation of two columns over the rows that have both, by Welford's and Chan's updates; null below two rows or where one column is constant. */
export function correlation<const A extends string, const B extends string>(first: A, second: B): NumberAggregate<A | B> {
  return {
    kind: `correlation(${first}, ${second})`,
    accumulator: () =>
      numberAccumulator({
        initial: new Array<number>(WIDTH).fill(0),
        add: (v, views, slots, from, to) => {
          const [xs, ys] = [views.numbers(first), views.numbers(second)];
          for (let row = from; row < to; row++) {
            const at = (slots[row] as number) * WIDTH;
            if (at >= 0 && !Number.isNaN(xs[row]) && !Number.isNaN(ys[row]))
              addMoments(v, at, [1, xs[row] as number, ys[row] as number, 0, 0, 0]);
          }
        },
        merge: (v, from, into) => addMoments(v, into, v.slice(from, from + WIDTH)),
        result: (v, at) => {
          const spread = Math.sqrt(v[at + 3] as number) * Math.sqrt(v[at + 4] as number);
          return spread > 0 ? Math.min(1, Math.max(-1, (v[at + 5] as number) / spread)) : Number.NaN;
        },
      }),
  };
}

/** Chan's update: adds the moments of other rows. */
function addMoments(v: Float64Array, at: number, other: ArrayLike<number>): void {
  const [n, x, y, xx, yy, xy] = other as unknown as [number, number, number, number, number, number];
  const had = v[at] as number;
  if (n === 0) return;
  const all = had + n;
  const [dx, dy] = [x - (v[at + 1] as number), y - (v[at + 2] as number)];
  const weight = (had * n) / all;
  v[at] = all;
  v[at + 1] = (v[at + 1] as number) + (dx * n) / all;
  v[at + 2] = (v[at + 2] as number) + (dy * n) / all;
  v[at + 3] = (v[at + 3] as number) + xx + dx * dx * weight;
  v[at + 4] = (v[at + 4] as number) + yy + dy * dy * weight;
  v[at + 5] = (v[at + 5] as number) + xy + dx * dy * weight;
}

/**
 * How many values fall between the edges: a tensor of edges + 1 counts, the first below the first edge, the last from the last edge on. A value on an edge counts above it.
 *
 * @param edges ascending
 */
export function histogram<const C extends string>(
  column: C,
  edges: readonly number[],
): Aggregate<{ readonly [K in C]: NumericType }, TensorType> {
  if (edges.length === 0 || edges.some((edge, i) => i > 0 && !(edge > (edges[i - 1] as number))))
    throw new MillraceError('INVALID_OPTION', `histogram('${column}'): edges must ascend`, { hint: 'histogram(column, [0, 10, 100])' });
  const size = edges.length + 1;
  return {
    kind: `histogram(${column}, ${edges.join(' ')})`,
    accumulator: () =>
      objectAccumulator<Float64Array>({
        create: () => new Float64Array(size),
        adder: (views) => {
          const values = views.numbers(column);
          return (counts, row) => {
            const value = values[row] as number;
            if (Number.isNaN(value)) return;
            const above = edges.findIndex((edge) => value < edge);
            const bin = above < 0 ? edges.length : above;
            counts[bin] = (counts[bin] as number) + 1;
          };
        },
        merge: (from, into) => {
          for (let bin = 0; bin < size; bin++) into[bin] = (into[bin] as number) + (from[bin] as number);
        },
        data: (states) => tensorData(Float32Array.from(states.flatMap((counts) => Array.from(counts))), size),
        write: (counts, out) => out.numbers(counts),
        read: (input) => input.float64s(),
      }),
  };
}

import { Field, type Float64, List, Utf8, vectorFromArray } from 'apache-arrow';
import { float64Data, type NumericType, type StringType, utf8Data, ValidityBuilder } from '../../../columnar/index.ts';
import { MillraceError, type StateReader, type StateWriter } from '../../../streams/index.ts';
import type { Aggregate, BatchViews } from './aggregate.ts';
import { HyperLogLog } from './hyper-log-log.ts';
import { objectAccumulator } from './object-accumulator.ts';

type KeyedAggregate<C extends string, Type extends Float64 | Utf8 | List<Utf8>> = Aggregate<
  { readonly [K in C]: NumericType | StringType },
  Type
>;

/** How many different values there are, by HyperLogLog: exact up to 512, then within about 1.6 % (one standard error). Null is no value. 4 KB per window and key. */
export function distinct<const C extends string>(column: C): KeyedAggregate<C, Float64> {
  return {
    kind: `distinct(${column})`,
    accumulator: () =>
      objectAccumulator<HyperLogLog>({
        create: () => new HyperLogLog(),
        adder: (views) => {
          const keys = views.keys(column);
          return (sketch, row) => {
            const key = keys.get(row);
            if (key !== null) sketch.add(spread(keys.hash(row), 0x9e3779b1), spread(secondHash(key), 0x85ebca6b));
          };
        },
        merge: (from, into) => into.merge(from),
        data: (sketches) => float64Data(Float64Array.from(sketches, (sketch) => sketch.count())),
        write: (sketch, out) => sketch.write(out),
        read: (input) => HyperLogLog.read(input),
      }),
  };
}

/** Mixes a hash so that all of its bits depend on all of the value's. */
function spread(hash: number, factor: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), factor);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** A hash that is independent of the one in {@link BatchViews.keys}. */
function secondHash(key: string | number): number {
  const text = typeof key === 'string' ? key : String(key);
  let hash = 0x2545f491;
  for (let i = text.length - 1; i >= 0; i--) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 13);
  return hash;
}

/**
 * The `k` most frequent values, most frequent first, ties by first sight; numbers as text. By Space-Saving with `10 k` counters (at least 100): exact while a
 * window and key has no more different values than that, else every value more frequent than 1 in 10 k of the rows is found.
 *
 * Source: A. Metwally, D. Agrawal, A. El Abbadi, "Efficient computation of frequent and top-k elements in data streams", 2005.
 */
export function topK<const C extends string>(column: C, k: number): KeyedAggregate<C, List<Utf8>> {
  if (!(Number.isInteger(k) && k > 0))
    throw new MillraceError('INVALID_OPTION', `topK('${column}', ${k}): k must be a positive integer`, { hint: 'topK(column, 3)' });
  const counters = Math.max(100, 10 * k);
  const type = new List(new Field('item', new Utf8(), false));
  return {
    kind: `topK(${column}, ${k})`,
    accumulator: () =>
      objectAccumulator<Map<string, number>>({
        create: () => new Map(),
        adder: (views) => {
          const keys = views.keys(column);
          return (counts, row) => {
            const key = keys.get(row);
            if (key !== null) countValue(counts, String(key), 1, counters);
          };
        },
        merge: (from, into) => {
          for (const [value, count] of from) countValue(into, value, count, counters);
        },
        data: (states) => vectorFromArray(states.map((counts) => mostFrequent(counts, k)) as never, type as never).data[0] as never,
        write: (counts, out) => {
          out.strings([...counts.keys()]).numbers(Float64Array.from(counts.values()));
        },
        read: (input) => {
          const values = input.strings();
          const counts = input.float64s();
          return new Map(values.map((value, i) => [value, counts[i] as number]));
        },
      }),
  };
}

function countValue(counts: Map<string, number>, value: string, count: number, counters: number): void {
  const known = counts.get(value);
  if (known !== undefined || counts.size < counters) counts.set(value, (known ?? 0) + count);
  else {
    // The newcomer takes over the smallest counter, and its count as the error it may have.
    let least = '';
    let fewest = Number.POSITIVE_INFINITY;
    for (const [other, seen] of counts) {
      if (seen < fewest) [least, fewest] = [other, seen];
    }
    counts.delete(least);
    counts.set(value, fewest + count);
  }
}

const mostFrequent = (counts: ReadonlyMap<string, number>, k: number): string[] =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, k)
    .map(([value]) => value);

/** The last string, by row order. */
export function lastString<const C extends string>(column: C): Aggregate<{ readonly [K in C]: StringType }, Utf8> {
  return stringAggregate('lastString', column, (_before, after) => after);
}

/** The first string, by row order. */
export function firstString<const C extends string>(column: C): Aggregate<{ readonly [K in C]: StringType }, Utf8> {
  return stringAggregate('firstString', column, (before, after) => before ?? after);
}

interface StringState {
  value: string | null;
}

function stringAggregate<C extends string>(
  name: string,
  column: C,
  choose: (before: string | null, after: string) => string,
): Aggregate<{ readonly [K in C]: StringType }, Utf8> {
  const take = (state: StringState, value: string | number | null) => {
    if (value !== null) state.value = choose(state.value, String(value));
  };
  return {
    kind: `${name}(${column})`,
    accumulator: () =>
      objectAccumulator<StringState>({
        create: () => ({ value: null }),
        adder: (views: BatchViews) => {
          const keys = views.keys(column);
          return (state, row) => take(state, keys.get(row));
        },
        merge: (from, into) => take(into, from.value),
        data: (states) => utf8Data(states.map(({ value }) => value)),
        write: ({ value }, out: StateWriter) => {
          out.boolean(value !== null).string(value ?? '');
        },
        read: (input: StateReader) => {
          const present = input.boolean();
          const value = input.string();
          return { value: present ? value : null };
        },
      }),
  };
}

/** What an aggregate of your own is made of. The state is a plain array of numbers, so that it can be snapshotted. */
export interface CustomAggregate {
  /** The state of a window without rows. */
  readonly initial: readonly number[];
  /** The state after one more value. */
  add(state: readonly number[], value: number): readonly number[];
  /** The state of two windows together; `earlier` holds the earlier rows where they have an order. */
  merge(earlier: readonly number[], later: readonly number[]): readonly number[];
  /** The result; NaN becomes null. */
  result(state: readonly number[]): number;
}

/**
 * An aggregate of your own over the values of a column that are neither null nor NaN.
 *
 * @example
 * const range = custom('pm25', {
 *   initial: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
 *   add: ([low, high], value) => [Math.min(low ?? value, value), Math.max(high ?? value, value)],
 *   merge: ([a, b], [c, d]) => [Math.min(a ?? 0, c ?? 0), Math.max(b ?? 0, d ?? 0)],
 *   result: ([low, high]) => (high ?? 0) - (low ?? 0),
 * });
 */
export function custom<const C extends string>(
  column: C,
  { initial, add, merge, result }: CustomAggregate,
): Aggregate<{ readonly [K in C]: NumericType }, Float64> {
  return {
    kind: `custom(${column})`,
    accumulator: () =>
      objectAccumulator<{ values: readonly number[] }>({
        create: () => ({ values: initial }),
        adder: (views) => {
          const numbers = views.numbers(column);
          return (state, row) => {
            if (!Number.isNaN(numbers[row])) state.values = add(state.values, numbers[row] as number);
          };
        },
        merge: (from, into) => {
          into.values = merge(into.values, from.values);
        },
        data: (states) => {
          const nulls = new ValidityBuilder(states.length);
          const results = Float64Array.from(states, ({ values }, row) => {
            const value = result(values);
            if (Number.isNaN(value)) nulls.setNull(row);
            return value;
          });
          return float64Data(results, nulls);
        },
        write: ({ values }, out) => out.numbers(Float64Array.from(values)),
        read: (input) => ({ values: Array.from(input.float64s()) }),
      }),
  };
}

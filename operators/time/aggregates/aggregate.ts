import { type Data, type DataType, Float64 } from 'apache-arrow';
import { type Batch, type BatchMemory, float64Data, numberView, ValidityBuilder } from '../../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../../streams/index.ts';
import { type KeyValues, keyValues } from '../../keys/key-values.ts';
import type { SharedStatistics } from './column-statistics.ts';

/** What aggregates read a batch through; each column is viewed once. */
export class BatchViews {
  readonly batch: Batch;
  readonly #numbers = new Map<string, Float64Array>();
  readonly #keys = new Map<string, KeyValues>();

  constructor(batch: Batch) {
    this.batch = batch;
  }

  /** A numeric column with NaN where it is null. */
  numbers(column: string): Float64Array {
    let numbers = this.#numbers.get(column);
    if (numbers === undefined) {
      numbers = withNaN(this.batch, column);
      this.#numbers.set(column, numbers);
    }
    return numbers;
  }

  /** A column of strings or numbers, with hashes. */
  keys(column: string): KeyValues {
    const known = this.#keys.get(column) ?? keyValues(this.batch, column as never);
    this.#keys.set(column, known);
    return known;
  }
}

function withNaN(batch: Batch, column: string): Float64Array {
  const { values, validity, length } = numberView(batch, column);
  if (validity.complete && values instanceof Float64Array) return values;
  const numbers = new Float64Array(length);
  for (let row = 0; row < length; row++) numbers[row] = validity.isValid(row) ? (values[row] as number) : Number.NaN;
  return numbers;
}

/** One aggregate of all open windows. A window of a key has a slot; what a slot holds is the accumulator's own affair. */
export interface Accumulator {
  /** Makes room for empty slots up to `slots` (exclusive), where there were `before`. */
  reserve(before: number, slots: number): void;
  /** Makes slots empty that have been in use. */
  clear(slots: Int32Array): void;
  /** Adds rows `from` to `to` (exclusive), each to its slot; rows of slot -1 to none. */
  add(views: BatchViews, slots: Int32Array, from: number, to: number): void;
  /** Adds what each slot of `from` holds to the one of `into` at the same place, pair by pair; rows of `from` are later ones, or of unknown order. */
  merge(from: Int32Array, into: Int32Array): void;
  /** The results, one row per slot; `memory`: where their arrays may lie. */
  data(slots: Int32Array, memory: BatchMemory): Data;
  write(out: StateWriter, slots: Int32Array): void;
  read(input: StateReader, slots: Int32Array): void;
}

/** An aggregate over the columns `Needs`, with results of type `Type`. */
export interface Aggregate<Needs = never, Type extends DataType = DataType> {
  /** What is aggregated, and how: `mean(pm25)`. State of another kind is not taken over. */
  readonly kind: string;
  /** @param shared the statistics that all aggregates of an operator have in common */
  accumulator(shared: SharedStatistics): Accumulator;
  /** Phantom: the columns that must be there. */
  readonly needs?: (columns: Needs) => void;
  /** Phantom: the type of the results. */
  readonly type?: Type;
}

/** The columns that aggregates make. */
export type AggregateColumns<A> = { [K in keyof A]: A[K] extends { readonly type?: infer Type extends DataType } ? Type : never };

/** A fixed number of float64 values per slot, and the arithmetic on them. */
export interface SlotArithmetic {
  readonly initial: readonly number[];
  add(values: Float64Array, views: BatchViews, slots: Int32Array, from: number, to: number): void;
  merge(values: Float64Array, from: number, into: number): void;
  /** The result of the values at `at`; NaN for null. */
  result(values: Float64Array, at: number): number;
}

/** An accumulator of numbers; `from`, `into` and `at` of the arithmetic are places in `values`. */
export function numberAccumulator({ initial, add, merge, result }: SlotArithmetic): Accumulator {
  const width = initial.length;
  let values = new Float64Array(64 * width);
  return {
    reserve: (before, slots) => {
      if (slots * width > values.length) {
        const grown = new Float64Array(Math.max(slots * width, values.length * 2));
        grown.set(values);
        values = grown;
      }
      for (let at = before * width; at < slots * width; at += width) values.set(initial, at);
    },
    clear: (slots) => {
      for (let part = 0; part < width; part++) {
        const value = initial[part] as number;
        for (let i = 0; i < slots.length; i++) values[(slots[i] as number) * width + part] = value;
      }
    },
    add: (views, slots, from, to) => add(values, views, slots, from, to),
    merge: (from, into) => {
      for (let i = 0; i < from.length; i++) merge(values, (from[i] as number) * width, (into[i] as number) * width);
    },
    data: (slots, memory) => {
      const nulls = new ValidityBuilder(slots.length);
      const results = memory.array(Float64Array<ArrayBuffer>, slots.length);
      for (let row = 0; row < results.length; row++) {
        const value = result(values, (slots[row] as number) * width);
        const missing = Number.isNaN(value);
        if (missing) nulls.setNull(row);
        results[row] = missing ? 0 : value;
      }
      return float64Data(results, nulls);
    },
    write: (out, slots) => {
      for (const slot of slots) for (let part = 0; part < width; part++) out.number(values[slot * width + part] as number);
    },
    read: (input, slots) => {
      for (const slot of slots) for (let part = 0; part < width; part++) values[slot * width + part] = input.number();
    },
  };
}

/** The type of numeric results. */
export const NUMBER = new Float64();

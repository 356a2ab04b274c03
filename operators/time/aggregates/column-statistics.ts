import type { Data } from 'apache-arrow';
import { float64Data, ValidityBuilder } from '../../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../../streams/index.ts';
import type { Accumulator, BatchViews } from './aggregate.ts';

/** What {@link ColumnStatistics} can keep of a column. */
export type Statistic = 'count' | 'sum' | 'mean' | 'min' | 'max';

/** Per slot: number of values, their sum, the least and the greatest one. NaN: there is no value yet. */
const WIDTH = 4;
const [N, SUM, LEAST, GREATEST] = [0, 1, 2, 3] as const;
const EMPTY = [0, 0, Number.NaN, Number.NaN] as const;

/** What a statistic's state is made of, in the order in which it is written. */
const PARTS: Readonly<Record<Statistic, readonly number[]>> = { count: [N], sum: [SUM, N], mean: [SUM, N], min: [LEAST], max: [GREATEST] };

/** Count, sum, least and greatest value of one column by slot, of those that are asked for, in one pass over the rows. */
class ColumnStatistics {
  readonly #column: string;
  readonly #wanted = new Set<number>();
  #values = new Float64Array(64 * WIDTH);

  constructor(column: string) {
    this.#column = column;
  }

  /** An accumulator of one statistic. What all have in common is done by the first one. */
  accumulator(statistic: Statistic): Accumulator {
    const first = this.#wanted.size === 0;
    for (const part of PARTS[statistic]) this.#wanted.add(part);
    return {
      reserve: (slots) => this.#reserve(slots),
      clear: (slots) => (first ? this.#clear(slots) : undefined),
      add: (views, slots, from, to) => (first ? this.#add(views, slots, from, to) : undefined),
      merge: (from, into) => (first ? this.#merge(from, into) : undefined),
      data: (slots) => this.#data(statistic, slots),
      write: (out, slots) => this.#write(PARTS[statistic], out, slots),
      read: (input, slots) => this.#read(PARTS[statistic], input, slots),
    };
  }

  #reserve(slots: number): void {
    if (slots * WIDTH <= this.#values.length) return;
    const grown = new Float64Array(Math.max(slots * WIDTH, this.#values.length * 2));
    grown.set(this.#values);
    this.#values = grown;
  }

  #clear(slots: Int32Array): void {
    const values = this.#values;
    for (let i = 0; i < slots.length; i++) {
      const at = (slots[i] as number) * WIDTH;
      values[at] = EMPTY[N];
      values[at + SUM] = EMPTY[SUM];
      values[at + LEAST] = EMPTY[LEAST];
      values[at + GREATEST] = EMPTY[GREATEST];
    }
  }

  #add(views: BatchViews, slots: Int32Array, from: number, to: number): void {
    const column = views.numbers(this.#column);
    const values = this.#values;
    const wanted = this.#wanted;
    const [sums, least, greatest] = [wanted.has(SUM), wanted.has(LEAST), wanted.has(GREATEST)];
    const counts = wanted.has(N);
    for (let row = from; row < to; row++) {
      const at = (slots[row] as number) * WIDTH;
      const value = column[row] as number;
      if (at < 0 || Number.isNaN(value)) continue;
      if (counts) values[at] = (values[at] as number) + 1;
      if (sums) values[at + SUM] = (values[at + SUM] as number) + value;
      // Written so that the NaN of an empty slot gives way to any value.
      if (least && !((values[at + LEAST] as number) <= value)) values[at + LEAST] = value;
      if (greatest && !((values[at + GREATEST] as number) >= value)) values[at + GREATEST] = value;
    }
  }

  #merge(from: Int32Array, into: Int32Array): void {
    const values = this.#values;
    for (let i = 0; i < from.length; i++) {
      const source = (from[i] as number) * WIDTH;
      const target = (into[i] as number) * WIDTH;
      values[target] = (values[target] as number) + (values[source] as number);
      values[target + SUM] = (values[target + SUM] as number) + (values[source + SUM] as number);
      const [low, high] = [values[source + LEAST] as number, values[source + GREATEST] as number];
      if (!((values[target + LEAST] as number) <= low) && !Number.isNaN(low)) values[target + LEAST] = low;
      if (!((values[target + GREATEST] as number) >= high) && !Number.isNaN(high)) values[target + GREATEST] = high;
    }
  }

  #data(statistic: Statistic, slots: Int32Array): Data {
    const values = this.#values;
    const results = new Float64Array(slots.length);
    const nulls = new ValidityBuilder(slots.length);
    const part = PARTS[statistic][0] as number;
    const [total, mean] = [statistic === 'sum', statistic === 'mean'];
    for (let row = 0; row < results.length; row++) {
      const at = (slots[row] as number) * WIDTH;
      const value = values[at + part] as number;
      const missing = mean || total ? values[at] === 0 : false;
      const result = mean ? value / (values[at] as number) : value;
      if (missing || Number.isNaN(result)) nulls.setNull(row);
      else results[row] = result;
    }
    return float64Data(results, nulls);
  }

  #write(parts: readonly number[], out: StateWriter, slots: Int32Array): void {
    for (const slot of slots) for (const part of parts) out.number(this.#values[slot * WIDTH + part] as number);
  }

  #read(parts: readonly number[], input: StateReader, slots: Int32Array): void {
    for (const slot of slots) for (const part of parts) this.#values[slot * WIDTH + part] = input.number();
  }
}

/** The statistics of all columns of a window operator: aggregates over one column share their pass over the rows. */
export class SharedStatistics {
  readonly #columns = new Map<string, ColumnStatistics>();

  accumulator(column: string, statistic: Statistic): Accumulator {
    const statistics = this.#columns.get(column) ?? new ColumnStatistics(column);
    this.#columns.set(column, statistics);
    return statistics.accumulator(statistic);
  }
}

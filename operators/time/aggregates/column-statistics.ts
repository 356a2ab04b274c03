import type { Data } from 'apache-arrow';
import { BatchMemory, float64Data, ValidityBuilder } from '../../../columnar/index.ts';
import { SlotEntries } from '../../../kernels/index.ts';
import type { StateReader, StateWriter } from '../../../streams/index.ts';
import type { Accumulator, BatchViews } from './aggregate.ts';

/** What is kept of a column. */
export type Statistic = 'count' | 'sum' | 'mean' | 'min' | 'max';

/** A column's numbers in the entry of a slot: how many values, their sum, the least one, the greatest one's negative (both infinite while there is none). */
const WIDTH = 4;
const [N, SUM, LEAST, GREATEST] = [0, 1, 2, 3] as const;

/** What a statistic's state is made of, in the order in which it is written. */
const PARTS: Readonly<Record<Statistic, readonly number[]>> = { count: [N], sum: [SUM, N], mean: [SUM, N], min: [LEAST], max: [GREATEST] };

/** Count, sum, least and greatest value of columns by slot, and the count of rows: aggregates have their pass over the rows in common. */
export class SharedStatistics {
  readonly #columns = new Map<string, { readonly at: number }>();
  /** The column that comes first. */
  #first: string | undefined;
  /** Where the rows are counted that have no value of the first column; all rows where there is none. Counting those alone saves a pass over the rows. */
  #rest: number | undefined;
  #size = 0;
  #made: SlotEntries | undefined;

  /** An accumulator of one statistic. What all have in common is done by the first one. */
  accumulator(column: string, statistic: Statistic): Accumulator {
    const first = this.#size === 0;
    const known = this.#columns.get(column) ?? { at: this.#place(WIDTH) };
    this.#columns.set(column, known);
    this.#first ??= column;
    return {
      ...this.#common(first),
      data: (slots, memory) => this.#data(statistic, known.at, slots, memory),
      write: (out, slots) => this.#write(PARTS[statistic], known.at, out, slots),
      read: (input, slots) => this.#read(PARTS[statistic], known.at, input, slots),
    };
  }

  /** An accumulator of the number of rows. */
  rows(): Accumulator {
    const first = this.#size === 0;
    const rest = this.#rest ?? this.#place(1);
    this.#rest = rest;
    const rows = (slots: Int32Array, memory = new BatchMemory(slots.length)) => {
      const counts = this.#counts(rest, slots, memory);
      const values = this.#columns.get(this.#first ?? '');
      return values === undefined ? counts : addAll(counts, this.#counts(values.at + N, slots, memory));
    };
    return {
      ...this.#common(first),
      data: (slots, memory) => float64Data(rows(slots, memory)),
      write: (out, slots) => {
        for (const count of rows(slots)) out.number(count);
      },
      read: (input, slots) => {
        for (const slot of slots) this.#addTo(this.#entryOf(slot) + rest, input.number());
      },
    };
  }

  #place(numbers: number): number {
    const at = this.#size;
    // Pairs of numbers are moved at once, which is fastest where they lie at even places.
    this.#size += numbers + (numbers & 1);
    return at;
  }

  #common(first: boolean): Pick<Accumulator, 'reserve' | 'clear' | 'add' | 'merge'> {
    if (!first) return { reserve: () => {}, clear: () => {}, add: () => {}, merge: () => {} };
    return {
      reserve: (_before, slots) => this.#entries.reserve(slots),
      clear: (slots) => this.#entries.clear(slots),
      add: (views, slots, from, to) => this.#add(views, slots, from, to),
      merge: (from, into) => this.#merge(from, into),
    };
  }

  get #entries(): SlotEntries {
    if (this.#made !== undefined) return this.#made;
    const empty = new Float64Array(this.#size);
    for (const { at } of this.#columns.values()) empty.fill(Number.POSITIVE_INFINITY, at + LEAST, at + GREATEST + 1);
    this.#made = new SlotEntries(empty);
    return this.#made;
  }

  get #numbers(): Float64Array {
    return this.#entries.numbers;
  }

  #entryOf(slot: number): number {
    return this.#entries.first + slot * this.#size;
  }

  #add(views: BatchViews, slots: Int32Array, from: number, to: number): void {
    const columns = Array.from(this.#columns, ([column, { at }]) => ({ values: views.numbers(column), at }));
    this.#entries.add(slots, from, to, columns, this.#rest);
  }

  #merge(from: Int32Array, into: Int32Array): void {
    const { numbers, first, stride } = this.#entries;
    const places = Array.from(this.#columns.values(), ({ at }) => at);
    for (let i = 0; i < from.length; i++) {
      const source = first + (from[i] as number) * stride;
      const target = first + (into[i] as number) * stride;
      if (this.#rest !== undefined) addNumber(numbers, source + this.#rest, target + this.#rest);
      for (let column = 0; column < places.length; column++) {
        const [s, t] = [source + (places[column] as number), target + (places[column] as number)];
        addNumber(numbers, s + N, t + N);
        addNumber(numbers, s + SUM, t + SUM);
        keepLesser(numbers, s + LEAST, t + LEAST);
        keepLesser(numbers, s + GREATEST, t + GREATEST);
      }
    }
  }

  #counts(at: number, slots: Int32Array, memory: BatchMemory): Float64Array<ArrayBuffer> {
    const { numbers, first, stride } = this.#entries;
    const counts = memory.array(Float64Array<ArrayBuffer>, slots.length);
    for (let row = 0; row < counts.length; row++) counts[row] = numbers[first + (slots[row] as number) * stride + at] as number;
    return counts;
  }

  #data(statistic: Statistic, at: number, slots: Int32Array, memory: BatchMemory): Data {
    if (statistic === 'count') return float64Data(this.#counts(at + N, slots, memory));
    const { numbers, first, stride } = this.#entries;
    const results = memory.array(Float64Array<ArrayBuffer>, slots.length);
    const nulls = new ValidityBuilder(slots.length);
    const part = PARTS[statistic][0] as number;
    const mean = statistic === 'mean';
    const sign = statistic === 'max' ? -1 : 1;
    for (let row = 0; row < results.length; row++) {
      const entry = first + (slots[row] as number) * stride + at;
      const count = numbers[entry + N] as number;
      const value = numbers[entry + part] as number;
      const result = mean ? value / count : value * sign;
      if (count > 0 && !Number.isNaN(result)) results[row] = result;
      else {
        nulls.setNull(row);
        results[row] = 0;
      }
    }
    return float64Data(results, nulls);
  }

  #write(parts: readonly number[], at: number, out: StateWriter, slots: Int32Array): void {
    const numbers = this.#numbers;
    for (const slot of slots) {
      const entry = this.#entryOf(slot) + at;
      const empty = numbers[entry + N] === 0;
      for (const part of parts) {
        const value = numbers[entry + part] as number;
        if (part === LEAST || part === GREATEST) out.number(empty ? Number.NaN : part === LEAST ? value : -value);
        else out.number(value);
      }
    }
  }

  #read(parts: readonly number[], at: number, input: StateReader, slots: Int32Array): void {
    const numbers = this.#numbers;
    for (const slot of slots) {
      const entry = this.#entryOf(slot) + at;
      for (const part of parts) {
        const value = input.number();
        if (part === N) this.#setCount(slot, at, value);
        else if (part === SUM) numbers[entry + part] = value;
        else if (!Number.isNaN(value)) {
          numbers[entry + part] = part === LEAST ? value : -value;
          // Until their number is read, if it is at all, what matters is that there is one.
          if (numbers[entry + N] === 0) this.#setCount(slot, at, 1);
        }
      }
    }
  }

  /** Of the rows, those that have a value of the first column are counted with it. */
  #setCount(slot: number, at: number, count: number): void {
    const entry = this.#entryOf(slot);
    const more = count - (this.#numbers[entry + at + N] as number);
    this.#addTo(entry + at + N, more);
    if (this.#rest !== undefined && this.#columns.get(this.#first ?? '')?.at === at) this.#addTo(entry + this.#rest, -more);
  }

  #addTo(place: number, value: number): void {
    this.#numbers[place] = (this.#numbers[place] as number) + value;
  }
}

function addAll(numbers: Float64Array<ArrayBuffer>, others: Float64Array): Float64Array<ArrayBuffer> {
  for (let row = 0; row < numbers.length; row++) numbers[row] = (numbers[row] as number) + (others[row] as number);
  return numbers;
}

function addNumber(numbers: Float64Array, source: number, target: number): void {
  numbers[target] = (numbers[target] as number) + (numbers[source] as number);
}

function keepLesser(numbers: Float64Array, source: number, target: number): void {
  if ((numbers[source] as number) < (numbers[target] as number)) numbers[target] = numbers[source] as number;
}

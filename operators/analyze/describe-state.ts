import type { Data } from 'apache-arrow';
import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { type GroupedState, LivingKeys } from '../keys/living-keys.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { count, max, mean, min, standardDeviation } from '../time/aggregates/numbers.ts';
import { quantile } from '../time/aggregates/quantile.ts';
import { missingShare } from '../time/aggregates/shares.ts';
import { Slots } from '../time/slots.ts';

/** The statistics of a column, in the order in which they are put out. */
export const STATISTICS = ['count', 'missing', 'mean', 'deviation', 'min', 'q25', 'median', 'q75', 'max'] as const;

const statisticsOf = (column: string) => ({
  count: count(column),
  missing: missingShare(column),
  mean: mean(column),
  deviation: standardDeviation(column),
  min: min(column),
  q25: quantile(column, 0.25),
  median: quantile(column, 0.5),
  q75: quantile(column, 0.75),
  max: max(column),
});

/** Statistics so far, per key and column. */
export class DescribeState implements GroupedState {
  readonly keys: LivingKeys;
  readonly order: OutputOrder;
  readonly #columns: readonly Slots[];
  /** Per group its slot, the same in every column. */
  #slotOf = new GrowingNumbers(Int32Array);
  rows = 0;
  lastOrdinal = 0;
  /** Whether a row without a key came. */
  #keyless = false;

  constructor(columns: readonly string[], keys: LivingKeys, order = new OutputOrder()) {
    this.keys = keys;
    this.order = order;
    this.#columns = columns.map((column) => new Slots(statisticsOf(column)));
    keys.manage(this);
  }

  add(input: StreamBatch): void {
    const groups = this.keys.groupsOf(input);
    this.#keyless ||= groups.includes(0);
    this.#reserve();
    const slotOf = this.#slotOf.all;
    const slots = groups.map((group) => slotOf[group] as number);
    for (const column of this.#columns) column.add(column.viewsOf(input.batch), slots, 0, slots.length);
    this.rows += groups.length;
    this.lastOrdinal = Math.max(this.lastOrdinal, input.ordinal.at(-1) ?? 0);
  }

  #reserve(): void {
    while (this.#slotOf.length < this.keys.size) {
      const taken = this.#columns.map((column) => column.take());
      this.#slotOf.push(taken[0] as number);
    }
  }

  keepGroups(kept: Int32Array): void {
    const isKept = new Set(kept);
    const slots = this.#slotOf.all;
    const freed = slots.filter((_, group) => !isKept.has(group));
    for (const column of this.#columns) column.free(freed);
    this.#slotOf = this.#slotOf.keep(kept);
  }

  /** The groups that are shown: group 0, of rows without a key, only once such a row came. */
  described(): Int32Array {
    const living = this.keys.living();
    return this.#keyless ? living : living.subarray(1);
  }

  /** By column the statistics of groups. */
  results(groups: Int32Array): Data[][] {
    const slots = this.#slotsOf(groups);
    return this.#columns.map((column) => column.results(slots));
  }

  #slotsOf(groups: Int32Array): Int32Array {
    const slotOf = this.#slotOf.all;
    return groups.map((group) => slotOf[group] as number);
  }

  write(out: StateWriter): void {
    this.#reserve();
    out.number(this.rows).number(this.lastOrdinal).boolean(this.#keyless);
    this.order.write(out);
    // Forgets: what comes after it is of living keys alone.
    this.keys.write(out);
    for (const column of this.#columns) column.write(out, this.#slotOf.all);
  }

  static read(columns: readonly string[], key: string | undefined, stateTtl: number | undefined, input: StateReader): DescribeState {
    const rows = input.number();
    const lastOrdinal = input.number();
    const keyless = input.boolean();
    const order = OutputOrder.read(input);
    const state = new DescribeState(columns, LivingKeys.read(key, stateTtl, input), order);
    const slots = state.#columns.map((column) => column.read(input, state.keys.size));
    state.#slotOf.append(slots[0] as Int32Array);
    state.rows = rows;
    state.lastOrdinal = lastOrdinal;
    state.#keyless = keyless;
    return state;
  }
}

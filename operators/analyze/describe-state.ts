import type { Data, Float64 } from 'apache-arrow';
import type { AdoptedState, StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { type ColumnLayout, fittingColumns, readLayout, requireSame, writeLayout } from '../keys/column-memory.ts';
import { type GroupedState, LivingKeys } from '../keys/living-keys.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { OutputOrder } from '../rows/output-order.ts';
import type { Aggregate } from '../time/aggregates/aggregate.ts';
import { count, max, mean, min, standardDeviation } from '../time/aggregates/numbers.ts';
import { quantiles } from '../time/aggregates/quantile.ts';
import { missingShare } from '../time/aggregates/shares.ts';
import { type Aggregates, Slots } from '../time/slots.ts';

/** The statistics of a column, in the order in which they are put out. */
export const STATISTICS = ['count', 'missing', 'mean', 'deviation', 'min', 'q25', 'median', 'q75', 'max'] as const;

type Quantile = Aggregate<never, Float64>;

/** The quartiles have one sketch in common: made anew for each state. */
function statisticsOf(column: string): Aggregates {
  const [q25, median, q75] = quantiles(column, [0.25, 0.5, 0.75]) as [Quantile, Quantile, Quantile];
  return {
    count: count(column),
    missing: missingShare(column),
    mean: mean(column),
    deviation: standardDeviation(column),
    min: min(column),
    q25,
    median,
    q75,
    max: max(column),
  };
}

/** What a run of `describe` needs to know. */
export interface DescribeSettings {
  readonly columns: readonly string[];
  readonly key?: string | undefined;
  readonly stateTtl?: number | undefined;
}

/** Statistics so far, per key and column. */
export class DescribeState implements GroupedState {
  readonly keys: LivingKeys;
  readonly order: OutputOrder;
  #names: readonly string[];
  readonly #key: string | undefined;
  #columns: readonly Slots[];
  /** Per group its slot, the same in every column. */
  #slotOf = new GrowingNumbers(Int32Array);
  rows = 0;
  lastOrdinal = 0;
  /** Whether a row without a key came. */
  #keyless = false;

  constructor({ columns, key, stateTtl }: DescribeSettings, keys = new LivingKeys(key, stateTtl), order = new OutputOrder()) {
    this.keys = keys;
    this.order = order;
    this.#names = columns;
    this.#key = key;
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
    writeLayout(this.#layout, out);
    out.number(this.rows).number(this.lastOrdinal).boolean(this.#keyless);
    this.order.write(out);
    // Forgets: what comes after it is of living keys alone.
    this.keys.write(out);
    for (const column of this.#columns) column.write(out, this.#slotOf.all);
  }

  get #layout(): ColumnLayout {
    return { key: this.#key, columns: this.#names, width: STATISTICS.length };
  }

  static read(settings: DescribeSettings, input: StateReader): DescribeState {
    requireSame(new DescribeState(settings).#layout, readLayout(input));
    return DescribeState.readValues(settings, input);
  }

  /** Statistics of the columns that are still there; the others begin anew. */
  static adopt(settings: DescribeSettings, input: StateReader): AdoptedState<DescribeState> {
    const stored = readLayout(input);
    const { kept, fresh } = fittingColumns(new DescribeState(settings).#layout, stored);
    if (kept.length === 0) return { state: new DescribeState(settings), kept, fresh };
    const state = DescribeState.readValues({ ...settings, columns: stored.columns }, input);
    state.#select(settings.columns);
    return { state, kept, fresh };
  }

  /** Goes on with these columns, those that are new without values. Slots have to have been taken in turn so far. */
  #select(columns: readonly string[]): void {
    this.#columns = columns.map((column) => {
      const known = this.#columns[this.#names.indexOf(column)];
      if (known !== undefined) return known;
      const slots = new Slots(statisticsOf(column));
      while (slots.take() < this.#slotOf.length - 1);
      return slots;
    });
    this.#names = columns;
  }

  /** Reads what follows the columns; all that version 1 wrote. */
  static readValues(settings: DescribeSettings, input: StateReader): DescribeState {
    const rows = input.number();
    const lastOrdinal = input.number();
    const keyless = input.boolean();
    const order = OutputOrder.read(input);
    const state = new DescribeState(settings, LivingKeys.read(settings.key, settings.stateTtl, input), order);
    const slots = state.#columns.map((column) => column.read(input, state.keys.size));
    state.#slotOf.append(slots[0] as Int32Array);
    state.rows = rows;
    state.lastOrdinal = lastOrdinal;
    state.#keyless = keyless;
    return state;
  }
}

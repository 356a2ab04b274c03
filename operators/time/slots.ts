import type { Data } from 'apache-arrow';
import { type Batch, BatchMemory } from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import { type Accumulator, type Aggregate, BatchViews } from './aggregates/aggregate.ts';
import { SharedStatistics } from './aggregates/column-statistics.ts';
import { IntStack } from './int-stack.ts';
import { UnknownResults } from './unknown-results.ts';

/** Aggregates by name, as the user gives them. */
export type Aggregates = Readonly<Record<string, Aggregate>>;

/** All accumulators of a window operator, and which of their slots are in use. A slot belongs to one window of one key. */
export class Slots {
  readonly names: readonly string[];
  readonly #accumulators: readonly Accumulator[];
  readonly #unknown = new UnknownResults();
  readonly #free = new IntStack();
  #used = 0;
  /** How many slots the accumulators have room for. */
  #reserved = 0;

  constructor(aggregates: Aggregates) {
    const shared = new SharedStatistics();
    this.names = Object.keys(aggregates);
    this.#accumulators = Object.values(aggregates).map((aggregate) => aggregate.accumulator(shared));
  }

  /** An empty slot. */
  take(): number {
    return this.#free.size > 0 ? this.#free.pop() : this.#used++;
  }

  /**
   * Lets `take` have at most `most` empty slots: first those written to `free`, as many as it is told, then the number `used` and those above it. It returns how many it has taken, in this order.
   */
  takeSome(most: number, free: Int32Array, take: (count: number, used: number) => number): void {
    const count = Math.min(most, this.#free.size);
    const rest = this.#free.size - count;
    free.set(this.#free.values.subarray(rest));
    const taken = take(count, this.#used);
    this.#free.values.copyWithin(rest, rest + Math.min(taken, count));
    this.#free.size -= Math.min(taken, count);
    this.#used += Math.max(0, taken - count);
  }

  /** Gives slots back; they may be taken again at once. */
  free(slots: Int32Array): void {
    this.#reserve();
    for (const accumulator of this.#accumulators) accumulator.clear(slots);
    this.#unknown.clear(slots);
    this.#free.pushAll(slots);
  }

  /** Slots are taken one by one, and made room for together. */
  #reserve(): void {
    if (this.#used === this.#reserved) return;
    for (const accumulator of this.#accumulators) accumulator.reserve(this.#reserved, this.#used);
    this.#reserved = this.#used;
  }

  /** Adds rows `from` to `to` of a batch, each to its slot (-1: none). */
  add(views: BatchViews, slots: Int32Array, from: number, to: number): void {
    if (from === to) return;
    this.#reserve();
    for (const accumulator of this.#accumulators) accumulator.add(views, slots, from, to);
  }

  /** Adds what slots hold to others, pair by pair. */
  merge(from: Int32Array, into: Int32Array): void {
    this.#reserve();
    for (const accumulator of this.#accumulators) accumulator.merge(from, into);
    this.#unknown.merge(from, into);
  }

  /** The results of slots, one column per aggregate. */
  results(slots: Int32Array, memory = new BatchMemory(slots.length)): Data[] {
    this.#reserve();
    return this.#accumulators.map((accumulator, index) => this.#unknown.mask(index, slots, accumulator.data(slots, memory)));
  }

  write(out: StateWriter, slots: Int32Array): void {
    this.#reserve();
    for (const accumulator of this.#accumulators) accumulator.write(out, slots);
  }

  /** Takes as many slots as `count` and fills them from a snapshot. */
  read(input: StateReader, count: number): Int32Array {
    const slots = Int32Array.from({ length: count }, () => this.take());
    this.#reserve();
    for (const accumulator of this.#accumulators) accumulator.read(input, slots);
    return slots;
  }

  /** As {@link write}, but each aggregate apart from the others, so that {@link readApart} can leave it out. */
  writeApart(out: StateWriter, slots: Int32Array): void {
    this.#reserve();
    this.#accumulators.forEach((accumulator, index) => {
      out.section((part) => accumulator.write(part, slots)).numbers(this.#unknown.placesIn(index, slots));
    });
  }

  /**
   * As {@link read}, of what {@link writeApart} wrote.
   *
   * @param places by stored aggregate the place it has here, or -1; of the others nothing is known in these slots
   */
  readApart(input: StateReader, count: number, places: readonly number[]): Int32Array {
    const slots = Int32Array.from({ length: count }, () => this.take());
    this.#reserve();
    for (const place of places) {
      const part = input.section();
      const unknown = input.int32s();
      if (place < 0) continue;
      this.#accumulators[place]?.read(part, slots);
      part.end();
      this.#unknown.add(
        place,
        unknown.map((index) => slots[index] as number),
      );
    }
    this.#accumulators.forEach((_, index) => {
      if (!places.includes(index)) this.#unknown.add(index, slots);
    });
    return slots;
  }

  viewsOf(batch: Batch): BatchViews {
    return new BatchViews(batch);
  }
}

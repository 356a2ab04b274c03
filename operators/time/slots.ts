import type { Batch } from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import { type Accumulator, type Aggregate, BatchViews } from './aggregates/aggregate.ts';

/** Aggregates by name, as the user gives them. */
export type Aggregates = Readonly<Record<string, Aggregate>>;

/** All accumulators of a window operator, and which of their slots are in use. A slot belongs to one window of one key. */
export class Slots {
  readonly names: readonly string[];
  readonly accumulators: readonly Accumulator[];
  readonly #free: number[] = [];
  #used = 0;

  constructor(aggregates: Aggregates) {
    this.names = Object.keys(aggregates);
    this.accumulators = Object.values(aggregates).map((aggregate) => aggregate.accumulator());
  }

  /** An empty slot. */
  take(): number {
    const slot = this.#free.pop() ?? this.#used++;
    for (const accumulator of this.accumulators) {
      accumulator.reserve(this.#used);
      accumulator.clear(slot);
    }
    return slot;
  }

  /** Gives a slot back; it may be taken again at once. */
  free(slot: number): void {
    this.#free.push(slot);
  }

  /** Adds rows `from` to `to` of a batch, each to its slot (-1: none). */
  add(views: BatchViews, slots: Int32Array, from: number, to: number): void {
    for (const accumulator of this.accumulators) accumulator.add(views, slots, from, to);
  }

  merge(from: number, into: number): void {
    for (const accumulator of this.accumulators) accumulator.merge(from, into);
  }

  write(out: StateWriter, slots: Int32Array): void {
    for (const accumulator of this.accumulators) accumulator.write(out, slots);
  }

  /** Takes as many slots as `count` and fills them from a snapshot. */
  read(input: StateReader, count: number): Int32Array {
    const slots = Int32Array.from({ length: count }, () => this.take());
    for (const accumulator of this.accumulators) accumulator.read(input, slots);
    return slots;
  }

  viewsOf(batch: Batch): BatchViews {
    return new BatchViews(batch);
  }
}

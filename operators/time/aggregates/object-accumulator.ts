import type { Data } from 'apache-arrow';
import type { StateReader, StateWriter } from '../../../streams/index.ts';
import type { Accumulator, BatchViews } from './aggregate.ts';

/** How an aggregate that keeps an object per slot works. */
export interface ObjectArithmetic<S> {
  create(): S;
  /** A function that adds one row, made once per batch. */
  adder(views: BatchViews): (state: S, row: number) => void;
  merge(from: S, into: S): void;
  data(states: readonly S[]): Data;
  write(state: S, out: StateWriter): void;
  read(input: StateReader): S;
}

/**
 * An accumulator of one object per slot: for sketches and aggregates of your own.
 *
 * @param states where the objects lie, for aggregates that have them in common
 */
export function objectAccumulator<S>({ create, adder, merge, data, write, read }: ObjectArithmetic<S>, states: S[] = []): Accumulator {
  return {
    reserve: (before, slots) => {
      for (let slot = before; slot < slots; slot++) states[slot] = create();
    },
    clear: (slots) => {
      for (const slot of slots) states[slot] = create();
    },
    add: (views, slots, from, to) => {
      const add = adder(views);
      for (let row = from; row < to; row++) {
        const slot = slots[row] as number;
        if (slot >= 0) add(states[slot] as S, row);
      }
    },
    merge: (from, into) => {
      for (let i = 0; i < from.length; i++) merge(states[from[i] as number] as S, states[into[i] as number] as S);
    },
    data: (slots) => data(Array.from(slots, (slot) => states[slot] as S)),
    write: (out, slots) => {
      for (const slot of slots) write(states[slot] as S, out);
    },
    read: (input, slots) => {
      for (const slot of slots) states[slot] = read(input);
    },
  };
}

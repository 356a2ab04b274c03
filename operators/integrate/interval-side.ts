import { type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import type { KeyGroups } from '../keys/key-groups.ts';
import { eventTimes } from '../rows/event-times.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { WaitingRows } from './waiting-rows.ts';

const NONE = -1;

/** One input of an interval join: its rows that may still find partners, and for each key a list of those met so far, in the order they came. */
export class IntervalSide {
  readonly waiting = new WaitingRows();
  #groups = new GrowingNumbers(Int32Array);
  /** Per row: the next one of its key's list. */
  #next = new GrowingNumbers(Int32Array);
  /** Per group: first and last row of its list. */
  #heads = new GrowingNumbers(Int32Array);
  #tails = new GrowingNumbers(Int32Array);
  /** First row that has not met the other input yet. */
  first = 0;

  /** Adds the rows of a turn; a row without an event time matches nothing and is left out. */
  append(input: StreamBatch | undefined, groupsOf: (batch: StreamBatch) => Int32Array): void {
    this.first = this.waiting.store.rows;
    if (input === undefined) return;
    const times = eventTimes(input.batch);
    const timed = rowsWhere(times.length, (row) => !Number.isNaN(times[row]));
    const rows = timed.length === times.length ? input : takeStreamRows(input, timed);
    this.waiting.append(rows, timed.length === times.length ? times : Float64Array.from(timed, (row) => times[row] as number));
    this.#groups.append(groupsOf(rows));
    this.#next.append(new Int32Array(timed.length).fill(NONE));
  }

  /** Makes room for lists of so many groups. */
  reserve(groups: number): void {
    for (let group = this.#heads.length; group < groups; group++) {
      this.#heads.push(NONE);
      this.#tails.push(NONE);
    }
  }

  /** Typed arrays for a walk over the turn's rows; valid until rows are added. */
  get lists() {
    return {
      times: this.waiting.times,
      groups: this.#groups.all,
      next: this.#next.all,
      heads: this.#heads.all,
      tails: this.#tails.all,
    };
  }

  /** Drops rows before an event time. Returns true when rows were numbered anew. */
  expire(before: number): boolean {
    this.waiting.drop(before);
    const kept = this.waiting.compact();
    if (kept === undefined) return false;
    this.#groups = this.#groups.keep(kept);
    return true;
  }

  /** Gives every row's group another number. */
  renumber(numberOf: (group: number) => number): void {
    const groups = this.#groups.all;
    for (let row = 0; row < groups.length; row++) groups[row] = numberOf(groups[row] as number);
  }

  /** Makes the lists anew, of all rows there are, over `groups` groups. */
  link(groups: number): void {
    const groupOf = this.#groups.all;
    this.#next = new GrowingNumbers(Int32Array);
    this.#next.append(new Int32Array(groupOf.length).fill(NONE));
    this.#heads = new GrowingNumbers(Int32Array);
    this.#tails = new GrowingNumbers(Int32Array);
    this.reserve(groups);
    const { lists } = this;
    for (let row = 0; row < groupOf.length; row++) meet(lists, row);
  }

  /** The groups of the rows kept. */
  get liveGroups(): Int32Array {
    return this.#groups.all;
  }
}

/** Adds a row to its key's list. */
export function meet({ groups, next, heads, tails }: IntervalSide['lists'], row: number): void {
  const group = groups[row] as number;
  const tail = tails[group] as number;
  if (tail < 0) heads[group] = row;
  else next[tail] = row;
  tails[group] = row;
}

/** Takes a row out of its key's list; `before` is the row before it there, or -1. */
export function unlink({ groups, next, heads, tails }: IntervalSide['lists'], row: number, before: number): void {
  const group = groups[row] as number;
  if (before < 0) heads[group] = next[row] as number;
  else next[before] = next[row] as number;
  if (tails[group] === row) tails[group] = before;
}

/** Groups up to which keys without rows are not forgotten. */
const MANY_GROUPS = 65_536;

/** True when most keys have no row any more. */
export const mostForgotten = (groups: KeyGroups, live: number): boolean => groups.size > MANY_GROUPS && live * 4 < groups.size;

import type { StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { RowStore } from '../rows/row-store.ts';

const NONE = -1;

/** Rows to drop below which the store is left as it is. */
const FEW_ROWS = 16_384;

/**
 * The right rows that left rows may still match: by key a list in order of event time, ties in the order they came. Left rows ask in order of event time, so a key's list is walked once:
 * what lies before the newest row not after the time asked for is never wanted again.
 */
export class RightHistory {
  readonly store = new RowStore();
  readonly #groups: KeyGroups;
  /** The key's name in the left stream. */
  readonly #leftKey: string | undefined;
  #times = new GrowingNumbers(Float64Array);
  /** Per row: the one after it in its key's list. */
  #next = new GrowingNumbers(Int32Array);
  /** Per group: first and last row of its list. */
  readonly #heads = new GrowingNumbers(Int32Array);
  readonly #tails = new GrowingNumbers(Int32Array);
  /** Rows in the lists after the last look at all of them. */
  #kept = 0;

  constructor(leftKey: string | undefined, rightKey: string | undefined) {
    this.#leftKey = leftKey;
    this.#groups = new KeyGroups(rightKey);
  }

  append(input: StreamBatch, times: Float64Array): void {
    const groups = this.#groups.groupsOf(input.batch);
    const first = this.store.rows;
    this.store.append(input);
    this.#times.append(times);
    for (let group = this.#heads.length; group < this.#groups.size; group++) {
      this.#heads.push(NONE);
      this.#tails.push(NONE);
    }
    this.#next.append(new Int32Array(groups.length).fill(NONE));
    const lists = { heads: this.#heads.all, tails: this.#tails.all, next: this.#next.all, times: this.#times.all };
    for (let row = 0; row < groups.length; row++) insert(lists, groups[row] as number, first + row);
  }

  /** The groups of left rows; -1 where no right row of the key is kept. */
  groupsOf(left: StreamBatch): Int32Array {
    return this.#groups.findGroups(left.batch, this.#leftKey);
  }

  /** For each left row, by event time, the right row that it matches, or -1. */
  match(
    groups: Int32Array,
    times: Float64Array,
    { direction, tolerance }: { readonly direction: 'backward' | 'forward' | 'nearest'; readonly tolerance: number },
  ): Int32Array {
    const matches = new Int32Array(groups.length);
    const [heads, next, rightTimes] = [this.#heads.all, this.#next.all, this.#times.all];
    for (let i = 0; i < matches.length; i++) {
      const group = groups[i] as number;
      const time = times[i] as number;
      let before = group < 0 ? NONE : (heads[group] as number);
      if (before >= 0) {
        for (let after = next[before] as number; after >= 0 && (rightTimes[after] as number) <= time; after = next[before] as number)
          before = after;
        heads[group] = before;
      }
      const age = before < 0 ? Number.NaN : time - (rightTimes[before] as number);
      matches[i] = age >= 0 && age <= tolerance ? before : NONE;
      if (direction === 'backward' || before < 0 || age === 0) continue;
      const ahead = age > 0 ? (next[before] as number) : before;
      if (ahead < 0 || !((rightTimes[ahead] as number) - time <= tolerance)) {
        if (direction === 'forward') matches[i] = NONE;
      } else if (direction === 'forward' || matches[i] === NONE || (rightTimes[ahead] as number) - time < age)
        matches[i] = lastOfTime(ahead, next, rightTimes);
    }
    return matches;
  }

  /** Forgets rows that no left row from event time `reached` on can match, now and then: memory stays within twice the rows that may match. */
  forget(reached: number): void {
    const dropped = this.store.rows - this.#kept;
    if (dropped > FEW_ROWS && dropped > this.#kept) this.#compact(this.needed(reached));
  }

  /** The rows that left rows from event time `reached` on may match, in the order they came: of each key the newest one not after it, and all later ones. */
  needed(reached: number): Int32Array {
    const [heads, next, times] = [this.#heads.all, this.#next.all, this.#times.all];
    const needed = new Int32Array(this.store.rows);
    let count = 0;
    for (let group = 0; group < heads.length; group++) {
      let row = heads[group] as number;
      if (row < 0) continue;
      for (let after = next[row] as number; after >= 0 && (times[after] as number) <= reached; after = next[row] as number) row = after;
      heads[group] = row;
      for (; row >= 0; row = next[row] as number) needed[count++] = row;
    }
    return needed.subarray(0, count).sort();
  }

  #compact(kept: Int32Array): void {
    const places = new Int32Array(this.store.rows);
    for (let place = 0; place < kept.length; place++) places[kept[place] as number] = place;
    const moved = (row: number) => (row < 0 ? NONE : (places[row] as number));
    this.#times = this.#times.keep(kept);
    this.#next = this.#next.keep(kept);
    const next = this.#next.all;
    for (let row = 0; row < next.length; row++) next[row] = moved(next[row] as number);
    for (const ends of [this.#heads.all, this.#tails.all])
      for (let group = 0; group < ends.length; group++) ends[group] = moved(ends[group] as number);
    this.store.keep(kept);
    this.#kept = kept.length;
  }
}

interface Lists {
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  readonly next: Int32Array;
  readonly times: Float64Array;
}

/** Puts a row behind those of its key that are not later. */
function insert({ heads, tails, next, times }: Lists, group: number, row: number): void {
  const time = times[row] as number;
  const tail = tails[group] as number;
  if (tail < 0 || (times[tail] as number) <= time) {
    if (tail < 0) heads[group] = row;
    else next[tail] = row;
    tails[group] = row;
    return;
  }
  let before = NONE;
  let after = heads[group] as number;
  while ((times[after] as number) <= time) {
    before = after;
    after = next[after] as number;
  }
  next[row] = after;
  if (before < 0) heads[group] = row;
  else next[before] = row;
}

/** Of rows of one event time the last that came. */
function lastOfTime(row: number, next: Int32Array, times: Float64Array): number {
  let last = row;
  for (let after = next[last] as number; after >= 0 && times[after] === times[last]; after = next[last] as number) last = after;
  return last;
}

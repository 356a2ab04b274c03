import type { Data } from 'apache-arrow';
import { type Batch, BatchMemory, type RowSelection, takeNumbers } from '../../columnar/index.ts';
import { type StreamBatch, sliceStreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { RowStore } from '../rows/row-store.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { WaitingRuns } from './waiting-runs.ts';

const NONE = -1;

/** Rows to drop below which the store is left as it is. */
const FEW_ROWS = 16_384;

/** Which right rows a left row may match. */
export interface AsOfMatch {
  readonly key?: string | undefined;
  readonly rightKey?: string | undefined;
  readonly direction: 'backward' | 'forward' | 'nearest';
  readonly tolerance: number;
}

/**
 * The right rows that left rows may still match. They wait for the watermark, then lie in order of event time; left rows ask in order of event time, so one walk over both tells for each key the newest right
 * row not after the left one. Where the join looks ahead, each key has a list of the rows to come.
 */
export class RightHistory {
  readonly #match: AsOfMatch;
  readonly #looksAhead: boolean;
  readonly #waiting = new WaitingRuns();
  /** Rows that the watermark has passed, by event time, ties in the order they came; of each, time and group. */
  readonly #store = new RowStore();
  #times = new GrowingNumbers(Float64Array);
  #groupOf = new GrowingNumbers(Int32Array);
  #groups: KeyGroups;
  /** How many rows of the store the left rows have passed. */
  #passed = 0;
  /** Per group: the newest row passed, or -1. */
  #newest = new GrowingNumbers(Int32Array);
  /** Where the join looks ahead: per group its first and last row, per row the next one of its group, or -1. */
  #first = new GrowingNumbers(Int32Array);
  #last = new GrowingNumbers(Int32Array);
  #next = new GrowingNumbers(Int32Array);
  /** Rows in the store after the last look at all of them. */
  #kept = 0;

  constructor(match: AsOfMatch) {
    this.#match = match;
    this.#looksAhead = match.direction !== 'backward';
    this.#groups = new KeyGroups(match.rightKey);
    this.#link(new Int32Array(0));
  }

  /** False until a first batch has told the columns. */
  get hasColumns(): boolean {
    return this.#store.hasColumns;
  }

  /** Rows in memory. */
  get rows(): number {
    return this.#waiting.size + this.#store.rows;
  }

  append(rows: StreamBatch, times: Float64Array): void {
    if (!this.hasColumns) this.#store.append(sliceStreamBatch(rows, 0, 0));
    this.#waiting.append(rows, times);
  }

  /** Lets left rows match what lies before a watermark. */
  reach(watermark: number): void {
    for (const { rows, times } of this.#waiting.release(watermark)) {
      this.#store.append(rows);
      this.#times.append(times);
      this.#link(this.#groups.groupsOf(rows.batch));
    }
  }

  /** Adds rows to the lists of their groups. */
  #link(groups: Int32Array): void {
    const begin = this.#groupOf.length;
    this.#groupOf.append(groups);
    for (const ends of [this.#newest, this.#first, this.#last]) ends.fill(NONE, this.#groups.size - ends.length);
    if (!this.#looksAhead) return;
    this.#next.fill(NONE, groups.length);
    const [first, last, next] = [this.#first.all, this.#last.all, this.#next.all];
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i] as number;
      const before = last[group] as number;
      if (before < 0) first[group] = begin + i;
      else next[before] = begin + i;
      last[group] = begin + i;
    }
  }

  /** For each left row, by event time, the right row that it matches, or -1. */
  match(left: Batch, times: Float64Array, memory = new BatchMemory(times.length)): RowSelection {
    const rows = this.#groups.findGroups(left, this.#match.key);
    const [newest, rightTimes, groupOf] = [this.#newest.all, this.#times.all, this.#groupOf.all];
    const looksBack = !this.#looksAhead;
    let passed = this.#passed;
    let signs = 0;
    for (let i = 0; i < rows.length; i++) {
      const time = times[i] as number;
      for (; passed < rightTimes.length && (rightTimes[passed] as number) <= time; passed++) newest[groupOf[passed] as number] = passed;
      const group = rows[i] as number;
      const before = group < 0 ? NONE : (newest[group] as number);
      const match = looksBack || group < 0 ? before : this.#matchAhead(group, before, time);
      rows[i] = match;
      signs |= match;
    }
    this.#passed = passed;
    if (looksBack && this.#match.tolerance < Number.POSITIVE_INFINITY) signs |= dropOlder(rows, times, rightTimes, this.#match.tolerance);
    return { rows, hasNulls: signs < 0, runs: undefined, memory };
  }

  /** The match of a left row where a later right row may be it; `before`: the newest one that is not later, or -1. */
  #matchAhead(group: number, before: number, time: number): number {
    const { direction, tolerance } = this.#match;
    const [next, times] = [this.#next.all, this.#times.all];
    const age = before < 0 ? Number.POSITIVE_INFINITY : time - (times[before] as number);
    if (age === 0) return before;
    const after = (before < 0 ? this.#first.all[group] : next[before]) as number;
    const gap = after < 0 ? Number.POSITIVE_INFINITY : (times[after] as number) - time;
    if (gap <= tolerance && (direction === 'forward' || gap < age)) return lastOfTime(after, next, times);
    return direction === 'nearest' && age <= tolerance ? before : NONE;
  }

  /** Forgets rows that no left row from event time `reached` on can match, now and then: memory stays within twice the rows that may match. */
  forget(reached: number): void {
    const dropped = this.#store.rows - this.#kept;
    if (dropped > FEW_ROWS && dropped > this.#kept) this.#keep(this.#needed(reached));
  }

  /** The rows of the store that left rows from event time `reached` on may match, in order: of each key the newest one before it, if it is within the tolerance, and all later ones. */
  #needed(reached: number): Int32Array {
    const [newest, times, groupOf] = [this.#newest.all, this.#times.all, this.#groupOf.all];
    const { direction, tolerance } = this.#match;
    let passed = this.#passed;
    for (; passed < times.length && (times[passed] as number) < reached; passed++) newest[groupOf[passed] as number] = passed;
    this.#passed = passed;
    const oldest = direction === 'forward' ? reached : reached - tolerance;
    return rowsWhere(times.length, (row) => row >= passed || ((times[row] as number) >= oldest && newest[groupOf[row] as number] === row));
  }

  #keep(kept: Int32Array): void {
    const groups = this.#forgetKeys(takeNumbers(this.#groupOf.all, kept));
    const passed = kept.findLastIndex((row) => row < this.#passed) + 1;
    this.#store.keep(kept);
    this.#times = this.#times.keep(kept);
    for (const numbers of [this.#groupOf, this.#newest, this.#first, this.#last, this.#next]) numbers.length = 0;
    this.#link(groups);
    const newest = this.#newest.all;
    for (let row = 0; row < passed; row++) newest[groups[row] as number] = row;
    this.#passed = passed;
    this.#kept = kept.length;
  }

  /** The groups of the rows kept, numbered anew where most keys have none. */
  #forgetKeys(groups: Int32Array): Int32Array {
    if (this.#groups.size <= FEW_ROWS || this.#groups.size <= 2 * groups.length) return groups;
    const before = this.#groups;
    this.#groups = new KeyGroups(this.#match.rightKey, before.kind);
    return groups.map((group) => this.#groups.add(before.keyOf(group)));
  }

  /** The values of a column at rows of the store, null where a row is negative; undefined where there is no such column. */
  column(name: string, rows: Int32Array | RowSelection): Data | undefined {
    return this.#store.column(name, rows);
  }

  /** The rows that left rows from event time `reached` on may match, in the order they came. */
  all(reached: number): StreamBatch | undefined {
    const needed = this.#needed(reached);
    return this.#waiting.all(needed.length === 0 ? [] : [this.#store.take(needed)]);
  }
}

/** Leaves out matches that are further apart than the tolerance; returns less than 0 where there was one. */
function dropOlder(matches: Int32Array, times: Float64Array, rightTimes: Float64Array, tolerance: number): number {
  let signs = 0;
  for (let i = 0; i < matches.length; i++) {
    const match = matches[i] as number;
    if (match >= 0 && !((times[i] as number) - (rightTimes[match] as number) <= tolerance)) {
      matches[i] = NONE;
      signs = NONE;
    }
  }
  return signs;
}

/** Of rows of one event time the last that came. */
function lastOfTime(row: number, next: Int32Array, times: Float64Array): number {
  let last = row;
  for (let after = next[last] as number; after >= 0 && times[after] === times[last]; after = next[last] as number) last = after;
  return last;
}

import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch, takeStreamRows } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { eventTimes } from '../rows/event-times.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { rowsWhere } from '../rows/rows-where.ts';
import { type JoinInput, MergedProgress, Rises } from './merged-progress.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';

/** What a run of `joinAsOf` needs to know. */
export interface AsOfSettings extends RightColumns {
  readonly key?: string;
  readonly rightKey?: string;
  readonly direction: 'backward' | 'forward' | 'nearest';
  readonly tolerance: number;
}

/** What came of a turn. */
export interface AsOfTurn {
  readonly output: StreamBatch | undefined;
  readonly lateLeft: StreamBatch | undefined;
  readonly lateRight: number;
}

const NONE = new Float64Array(0);

/** Left rows that wait, and the right rows that they, or later ones, may match. */
export class AsOfState {
  readonly #settings: AsOfSettings;
  #progress = new MergedProgress();
  #order = new OutputOrder();
  #left: StreamBatch | undefined;
  #right: StreamBatch | undefined;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(settings: AsOfSettings) {
    this.#settings = settings;
  }

  get heldRows(): number {
    return this.#left?.batch.numRows ?? 0;
  }

  take(lefts: readonly StreamBatch[], rights: readonly StreamBatch[]): AsOfTurn {
    const left = joinInput(this.#left, lefts);
    const right = joinInput(this.#right, rights);
    const { rises, late } = this.#progress.advance([left, right]);
    const lateRows = rowsWhere(left.times.length, (row) => late[0][row] === 1);
    const lateRight = rowsWhere(right.times.length, (row) => late[1][row] === 1).length;
    return {
      output: this.#release(left, right, sortedRows(left.times, late[0]), sortedRows(right.times, late[1]), rises),
      lateLeft: lateRows.length === 0 ? undefined : left.rows && takeStreamRows(left.rows, lateRows),
      lateRight,
    };
  }

  end(): StreamBatch | undefined {
    const left = joinInput(this.#left, []);
    const right = joinInput(this.#right, []);
    const rises = new Rises();
    rises.add(Number.POSITIVE_INFINITY, this.#progress.lastOrdinal, Number.NEGATIVE_INFINITY);
    return this.#release(left, right, sortedRows(left.times), sortedRows(right.times), rises);
  }

  /** Puts out the left rows that the watermark has passed; both row lists are by event time. */
  #release(left: JoinInput, right: JoinInput, lefts: Int32Array, rights: Int32Array, rises: Rises): StreamBatch | undefined {
    const slack = this.#settings.direction === 'backward' ? 0 : this.#settings.tolerance;
    const reached = (rises.last ?? this.#progress.watermark) - slack;
    const count = countBefore(left.times, lefts, reached);
    const released = lefts.subarray(0, count);
    const groups = new KeyGroups(this.#settings.key);
    const leftGroups = left.rows ? groups.groupsOf(left.rows.batch) : new Int32Array(0);
    const rightGroups = right.rows ? groups.groupsOf(right.rows.batch, this.#settings.rightKey) : new Int32Array(0);
    const matches = this.#match(released, rights, left.times, right.times, leftGroups, rightGroups, groups.size);
    const output = this.#output(left, right, released, matches, rises, slack);
    this.#left = keep(left.rows, lefts.subarray(count));
    this.#right = keep(right.rows, neededRights(rights, right.times, rightGroups, groups.size, reached));
    return output;
  }

  #match(
    lefts: Int32Array,
    rights: Int32Array,
    leftTimes: Float64Array,
    rightTimes: Float64Array,
    leftGroups: Int32Array,
    rightGroups: Int32Array,
    size: number,
  ): Int32Array {
    const { direction, tolerance } = this.#settings;
    const matches = new Int32Array(lefts.length).fill(-1);
    const newest = new Int32Array(size).fill(-1);
    if (direction !== 'forward') {
      for (let i = 0, next = 0; i < lefts.length; i++) {
        const time = leftTimes[lefts[i] as number] as number;
        for (; next < rights.length && (rightTimes[rights[next] as number] as number) <= time; next++)
          newest[rightGroups[rights[next] as number] as number] = rights[next] as number;
        const match = newest[leftGroups[lefts[i] as number] as number] as number;
        if (match >= 0 && time - (rightTimes[match] as number) <= tolerance) matches[i] = match;
      }
    }
    if (direction === 'backward') return matches;
    newest.fill(-1);
    for (let i = lefts.length - 1, next = rights.length - 1; i >= 0; i--) {
      const time = leftTimes[lefts[i] as number] as number;
      for (; next >= 0 && (rightTimes[rights[next] as number] as number) >= time; next--) {
        const group = rightGroups[rights[next] as number] as number;
        const known = newest[group] as number;
        // Going back in time, the first met of one event time is the last that came.
        if (known < 0 || rightTimes[known] !== rightTimes[rights[next] as number]) newest[group] = rights[next] as number;
      }
      const match = newest[leftGroups[lefts[i] as number] as number] as number;
      if (match < 0) continue;
      const ahead = (rightTimes[match] as number) - time;
      const behind = (matches[i] as number) < 0 ? Number.POSITIVE_INFINITY : time - (rightTimes[matches[i] as number] as number);
      if (ahead <= tolerance && ahead < behind) matches[i] = match;
    }
    return matches;
  }

  #output(
    left: JoinInput,
    right: JoinInput,
    released: Int32Array,
    matches: Int32Array,
    rises: Rises,
    slack: number,
  ): StreamBatch | undefined {
    if (left.rows === undefined) return undefined;
    const { mark: _mark, ...rows } = left.rows;
    const taken = takeStreamRows(rows, released);
    const batch = joinColumns(taken.batch, right.rows?.batch, matches, this.#settings);
    const raisers = raisersOf(left.times, released, rises, slack);
    const availableAt = new Float64Array(released.length);
    for (let i = 0; i < released.length; i++) {
      const row = released[i] as number;
      const time = left.times[row] as number;
      const raiser = raisers[i] as number;
      const ordinal = rises.ordinals[raiser] as number;
      taken.ordinal[i] = ordinal;
      taken.sub[i] = this.#order.next(ordinal);
      this.#watermark = Math.max(this.#watermark, time);
      taken.watermark[i] = this.#watermark;
      availableAt[i] = Math.max(time, rises.times[raiser] as number, rows.availableAt?.[row] ?? Number.NEGATIVE_INFINITY);
    }
    return { ...taken, batch, availableAt };
  }

  write(out: StateWriter): void {
    this.#progress.write(out);
    this.#order.write(out);
    out.number(this.#watermark);
    writeHeldRows(out, this.#left);
    writeHeldRows(out, this.#right);
  }

  static read(settings: AsOfSettings, input: StateReader): AsOfState {
    const state = new AsOfState(settings);
    state.#progress = MergedProgress.read(input);
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    state.#left = readHeldRows(input);
    state.#right = readHeldRows(input);
    return state;
  }
}

function joinInput(held: StreamBatch | undefined, batches: readonly StreamBatch[]): JoinInput {
  const rows = concatStreamBatches(held === undefined ? batches : [held, ...batches]);
  const marks = batches.flatMap(({ mark }) => (mark === undefined ? [] : [mark]));
  return { rows, times: rows === undefined ? NONE : eventTimes(rows.batch), from: held?.batch.numRows ?? 0, marks };
}

/** How many of the rows, which are by event time, lie before a time. */
function countBefore(times: Float64Array, rows: Int32Array, before: number): number {
  let count = 0;
  while (count < rows.length && (times[rows[count] as number] as number) < before) count++;
  return count;
}

/** For each row which rise of the watermark let it go: the first that passed its event time. */
function raisersOf(times: Float64Array, released: Int32Array, { watermarks }: Rises, slack: number): Int32Array {
  const raisers = new Int32Array(released.length);
  let rise = 0;
  for (let i = 0; i < released.length; i++) {
    const time = times[released[i] as number] as number;
    while (rise < watermarks.length - 1 && !((watermarks[rise] as number) - slack > time)) rise++;
    raisers[i] = rise;
  }
  return raisers;
}

/** Rows by event time, ties in the order they came, without those marked. */
function sortedRows(times: Float64Array, without?: Uint8Array): Int32Array {
  const rows = new Int32Array(times.length);
  let count = 0;
  let sorted = true;
  for (let row = 0; row < times.length; row++) {
    if (without?.[row] === 1) continue;
    if (count > 0 && (times[rows[count - 1] as number] as number) > (times[row] as number)) sorted = false;
    rows[count++] = row;
  }
  const kept = rows.subarray(0, count);
  return sorted ? kept : kept.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
}

/** Right rows that left rows from event time `reached` on may match: the newest one of each key before it, and all later ones. */
function neededRights(rights: Int32Array, times: Float64Array, groups: Int32Array, size: number, reached: number): Int32Array {
  const newest = new Int32Array(size).fill(-1);
  let older = 0;
  for (; older < rights.length && (times[rights[older] as number] as number) <= reached; older++)
    newest[groups[rights[older] as number] as number] = rights[older] as number;
  const needed = new Int32Array(size + rights.length - older);
  let count = 0;
  for (const row of newest) if (row >= 0) needed[count++] = row;
  needed.set(rights.subarray(older), count);
  return needed.subarray(0, count + rights.length - older).sort();
}

function keep(rows: StreamBatch | undefined, kept: Int32Array): StreamBatch | undefined {
  if (rows === undefined || kept.length === 0) return undefined;
  const { mark: _mark, ...rest } = rows;
  return takeStreamRows(rest, Int32Array.from(kept).sort());
}

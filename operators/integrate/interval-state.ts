import { concatStreamBatches, type StateReader, type StateWriter, type StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { OutputOrder } from '../rows/output-order.ts';
import type { RefitRows } from '../rows/refit-rows.ts';
import { IntervalSide, meet, mostForgotten, unlink } from './interval-side.ts';
import { joinColumns, type RightColumns } from './right-columns.ts';

/** What a run of `intervalJoin` needs to know: right time less left time lies from `after` to `before`. */
export interface IntervalSettings extends RightColumns {
  readonly key?: string;
  readonly rightKey?: string;
  readonly after: number;
  readonly before: number;
}

/** Pairs found in a turn. */
class Pairs {
  readonly left = new GrowingNumbers(Int32Array);
  readonly right = new GrowingNumbers(Int32Array);
  readonly ordinal = new GrowingNumbers(Float64Array);
  readonly watermark = new GrowingNumbers(Float64Array);
}

type Lists = IntervalSide['lists'];

/** Rows of both inputs that may still find partners. */
export class IntervalState {
  readonly #settings: IntervalSettings;
  readonly #left = new IntervalSide();
  readonly #right = new IntervalSide();
  readonly #watermarks: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #groups: KeyGroups;
  #order = new OutputOrder();
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(settings: IntervalSettings) {
    this.#settings = settings;
    this.#groups = new KeyGroups(settings.key);
  }

  get heldRows(): number {
    return this.#left.waiting.size + this.#right.waiting.size;
  }

  take(lefts: readonly StreamBatch[], rights: readonly StreamBatch[]): { readonly output: StreamBatch | undefined; readonly rows: number } {
    const [left, right] = [concatStreamBatches(lefts), concatStreamBatches(rights)];
    this.#append(left, right);
    const pairs = this.#walk(left, right);
    for (const [input, batches] of [lefts, rights].entries()) {
      for (const { mark } of batches)
        if (mark !== undefined) this.#watermarks[input as 0 | 1] = Math.max(this.#watermarks[input as 0 | 1], mark.watermark);
    }
    const output = this.#output(pairs);
    this.#expire();
    return { output, rows: (left?.batch.numRows ?? 0) + (right?.batch.numRows ?? 0) };
  }

  #append(left: StreamBatch | undefined, right: StreamBatch | undefined): void {
    this.#left.append(left, ({ batch }) => this.#groups.groupsOf(batch));
    this.#right.append(right, ({ batch }) => this.#groups.groupsOf(batch, this.#settings.rightKey));
    this.#left.reserve(this.#groups.size);
    this.#right.reserve(this.#groups.size);
  }

  /** Takes new rows in the order of the task and pairs each with the partners met so far. */
  #walk(left: StreamBatch | undefined, right: StreamBatch | undefined): Pairs {
    const pairs = new Pairs();
    const [ours, theirs] = [this.#left.lists, this.#right.lists];
    const [lefts, rights] = [this.#left.waiting.store.order, this.#right.waiting.store.order];
    let i = this.#left.first;
    let j = this.#right.first;
    while (i < lefts.ordinal.length || j < rights.ordinal.length) {
      const isLeft = j >= rights.ordinal.length || (i < lefts.ordinal.length && comesFirst(lefts, i, rights, j));
      if (isLeft) {
        this.#pair(true, ours, theirs, i, pairs, lefts.ordinal[i] as number);
        meet(ours, i);
        this.#watermarks[0] = Math.max(this.#watermarks[0], lefts.watermark[i++] as number);
      } else {
        this.#pair(false, theirs, ours, j, pairs, rights.ordinal[j] as number);
        meet(theirs, j);
        this.#watermarks[1] = Math.max(this.#watermarks[1], rights.watermark[j++] as number);
      }
    }
    this.#countUntimed(left, right);
    return pairs;
  }

  /** Rows without an event time match nothing, but what they tell of the watermark counts. */
  #countUntimed(left: StreamBatch | undefined, right: StreamBatch | undefined): void {
    [left, right].forEach((rows, input) => {
      const last = rows?.watermark.at(-1);
      if (last !== undefined) this.#watermarks[input as 0 | 1] = Math.max(this.#watermarks[input as 0 | 1], last);
    });
  }

  #pair(isLeft: boolean, side: Lists, other: Lists, row: number, pairs: Pairs, ordinal: number): void {
    const { after, before } = this.#settings;
    const time = side.times[row] as number;
    // What has expired must not be found, whether or not it has been thrown away yet.
    const kept = isLeft ? this.#watermarks[0] + after : this.#watermarks[1] - before;
    const low = Math.min(this.#watermarks[0], this.#watermarks[1] - Math.max(0, before));
    let previous = -1;
    for (let partner = other.heads[side.groups[row] as number] as number; partner >= 0; partner = other.next[partner] as number) {
      const met = other.times[partner] as number;
      if (!(met >= kept)) {
        unlink(other, partner, previous);
        continue;
      }
      previous = partner;
      const apart = isLeft ? met - time : time - met;
      if (!(apart >= after && apart <= before)) continue;
      pairs.left.push(isLeft ? row : partner);
      pairs.right.push(isLeft ? partner : row);
      pairs.ordinal.push(ordinal);
      this.#watermark = Math.max(this.#watermark, Math.min(low, isLeft ? time : met));
      pairs.watermark.push(this.#watermark);
    }
  }

  #output(pairs: Pairs): StreamBatch | undefined {
    const [left, right] = [this.#left.waiting, this.#right.waiting];
    if (!left.store.hasColumns) return undefined;
    const [rows, partners, ordinal] = [pairs.left.all, pairs.right.all, pairs.ordinal.all];
    const taken = left.store.take(rows);
    const column = right.store.hasColumns ? (name: string) => right.store.column(name, partners) : undefined;
    return {
      ...taken,
      batch: joinColumns(taken.batch, column, rows.length, this.#settings),
      ordinal,
      sub: this.#order.nextAll(ordinal),
      watermark: pairs.watermark.all,
      availableAt: later(left.availableAt(rows), right.availableAt(partners)),
    };
  }

  /** A left row waits for right rows up to `before` later, a right one for left rows up to `after` earlier. */
  #expire(): void {
    const moved = this.#left.expire(this.#watermarks[1] - this.#settings.before);
    const others = this.#right.expire(this.#watermarks[0] + this.#settings.after);
    if (!moved && !others) return;
    const forget = mostForgotten(this.#groups, this.#left.liveGroups.length + this.#right.liveGroups.length);
    const groups = forget ? new KeyGroups(this.#settings.key, this.#groups.kind) : this.#groups;
    const renumber = forget ? (group: number) => groups.add(this.#groups.keyOf(group)) : (group: number) => group;
    const sides = [this.#left, this.#right].filter((_, side) => forget || [moved, others][side]);
    for (const side of sides) side.renumber(renumber);
    for (const side of sides) side.link(groups.size);
    this.#groups = groups;
  }

  write(out: StateWriter): void {
    for (const watermark of this.#watermarks) out.number(watermark);
    this.#order.write(out);
    out.number(this.#watermark);
    for (const { waiting } of [this.#left, this.#right]) writeHeldRows(out, waiting.all());
  }

  /** @param refits for left and right rows, where they may have other columns than the next ones */
  static read(settings: IntervalSettings, input: StateReader, refits: readonly (RefitRows | undefined)[] = []): IntervalState {
    const state = new IntervalState(settings);
    state.#watermarks[0] = input.number();
    state.#watermarks[1] = input.number();
    state.#order = OutputOrder.read(input);
    state.#watermark = input.number();
    state.#append(readHeldRows(input), readHeldRows(input));
    state.#left.link(state.#groups.size);
    state.#right.link(state.#groups.size);
    [state.#left, state.#right].forEach(({ waiting }, side) => {
      waiting.store.refit = refits[side];
    });
    return state;
  }
}

/** The later time of each pair. */
function later(times: Float64Array, others: Float64Array): Float64Array {
  for (let i = 0; i < times.length; i++) times[i] = Math.max(times[i] as number, others[i] as number);
  return times;
}

type Order = Pick<StreamBatch, 'ordinal' | 'sub'>;

function comesFirst(a: Order, i: number, b: Order, j: number): boolean {
  const apart = (a.ordinal[i] as number) - (b.ordinal[j] as number);
  return apart < 0 || (apart === 0 && (a.sub[i] as number) <= (b.sub[j] as number));
}

import type { TypeMap } from 'apache-arrow';
import { type Batch, concatBatches, takeRows } from '../../../columnar/index.ts';
import type { Position, RawRecord, RejectedRecord, SourceBatch } from '../../contract/index.ts';
import type { ArrivalOrder } from './arrival-order.ts';

/** Where reading stands before a batch: enough to read it again. */
export interface ReplayBase {
  readonly position: Position;
  /** Number of the batch's first row, over all passes. */
  readonly n: number;
  /** Event times before it: smallest, running maximum and its last step, ms; NaN for none. */
  readonly minimum: number;
  readonly maximum: number;
  readonly step: number;
  /** Passes done, and ms by which this pass's event times are shifted. */
  readonly pass: number;
  readonly shift: number;
}

/** Place in the order of arrival. */
export interface ArrivalKey {
  readonly due: number;
  readonly n: number;
  readonly copy: number;
}

interface Held<T extends TypeMap> {
  readonly source: SourceBatch<T>;
  readonly batch: Batch<T>;
  readonly base: ReplayBase;
  /** Rows (with copies) and rejects not yet given. */
  left: number;
}

interface Arrival<T extends TypeMap> extends ArrivalKey {
  readonly held: Held<T>;
  readonly row: number;
  readonly rejects: readonly RejectedRecord[];
}

/** Rows as they arrive. */
export interface Arrived<T extends TypeMap> {
  readonly batch: Batch<T>;
  readonly offset: Float64Array;
  readonly rejects: readonly RejectedRecord[];
  readonly bytes: number;
  rawRecord(offset: number): RawRecord | undefined;
}

/** Order of arrival: by time, then row, then copy. */
export const compareArrivals = (left: ArrivalKey, right: ArrivalKey): number =>
  left.due - right.due || left.n - right.n || left.copy - right.copy;

/** Rows read but not yet given, in the order of arrival. */
export class ReplayBuffer<T extends TypeMap> {
  readonly #order: ArrivalOrder;
  #held: Held<T>[] = [];
  #arrivals: Arrival<T>[] = [];
  #next = 0;
  /** Arrivals up to this one may be given: no row that is still to be read comes before them. */
  #bound = Number.NEGATIVE_INFINITY;
  #carried: { reject: RejectedRecord; held: Held<T> }[] = [];

  constructor(order: ArrivalOrder) {
    this.#order = order;
  }

  /** Base of the oldest batch that is not wholly given. */
  get base(): ReplayBase | undefined {
    return this.#held[0]?.base;
  }

  get size(): number {
    return this.#arrivals.length - this.#next;
  }

  /**
   * Adds a batch. `times` are its event times as running maxima. Arrivals at or before `after` were given before a restart. A reject goes with the row
   * after it, so that it is given once, however the rows are cut.
   */
  add(source: SourceBatch<T>, batch: Batch<T>, times: Float64Array, base: ReplayBase, after: ArrivalKey | undefined): void {
    const held: Held<T> = { source, batch, base, left: 0 };
    this.#held.push(held);
    const added: Arrival<T>[] = [];
    const rejects = source.rejects.map((reject) => ({ reject, held }));
    held.left += rejects.length;
    this.#carried.push(...rejects);
    for (let row = 0; row < batch.numRows; row++) {
      const n = base.n + row;
      const offset = source.offset[row] as number;
      const carried = this.#carried.filter(({ reject, held: from }) => from !== held || reject.record.offset < offset);
      if (carried.length > 0) this.#carried = this.#carried.filter((one) => !carried.includes(one));
      for (const copy of this.#order.isDuplicated(n) ? ([0, 1] as const) : ([0] as const)) {
        const key = { due: this.#order.arrival(n, times[row] as number, copy), n, copy };
        const isGiven = after !== undefined && compareArrivals(key, after) <= 0;
        if (copy === 0) for (const one of carried) one.held.left--;
        if (isGiven) continue;
        held.left++;
        added.push({ ...key, held, row, rejects: copy === 0 ? carried.map(({ reject }) => reject) : [] });
      }
    }
    this.#arrivals = [...this.#arrivals.slice(this.#next), ...added].sort(compareArrivals);
    this.#next = 0;
    if (times.length > 0) this.#bound = this.#order.bound(times[times.length - 1] as number);
    this.#release();
  }

  /** No more rows come: everything may be given, and rejects after the last row stand alone. */
  finish(): readonly RejectedRecord[] {
    this.#bound = Number.POSITIVE_INFINITY;
    const rejects = this.#carried.map(({ reject, held }) => {
      held.left--;
      return reject;
    });
    this.#carried = [];
    this.#release();
    return rejects;
  }

  /** The next arrival that may be given, no later than `until`. */
  peek(until: ArrivalKey | undefined): ArrivalKey | undefined {
    const arrival = this.#arrivals[this.#next];
    if (arrival === undefined || arrival.due > this.#bound) return undefined;
    return until !== undefined && compareArrivals(arrival, until) > 0 ? undefined : arrival;
  }

  /** Gives arrivals that are due, at most `rows` and until `until`; the last one's key goes with them. */
  take(rows: number, due: number, until: ArrivalKey | undefined): Arrived<T> & { readonly last: ArrivalKey } {
    const taken: Arrival<T>[] = [];
    for (let arrival = this.peek(until); arrival !== undefined && arrival.due <= due && taken.length < rows; arrival = this.peek(until)) {
      taken.push(arrival as Arrival<T>);
      this.#next++;
    }
    for (const arrival of taken) arrival.held.left--;
    const arrived = assemble(taken);
    this.#release();
    return { ...arrived, last: taken.at(-1) as ArrivalKey };
  }

  #release(): void {
    let done = 0;
    while (done < this.#held.length && this.#held[done]?.left === 0) done++;
    if (done > 0) this.#held = this.#held.slice(done);
  }
}

function assemble<T extends TypeMap>(taken: readonly Arrival<T>[]): Arrived<T> {
  const parts = [...new Set(taken.map(({ held }) => held))];
  const starts = new Map<Held<T>, number>();
  let rows = 0;
  for (const part of parts) {
    starts.set(part, rows);
    rows += part.batch.numRows;
  }
  const indexes = Int32Array.from(taken, ({ held, row }) => (starts.get(held) as number) + row);
  const first = indexes[0] as number;
  const isRun = parts.length === 1 && indexes.every((index, at) => index === first + at);
  const [only] = parts as [Held<T>];
  const bytesPerRow = Math.max(...parts.map(({ source }) => source.bytes / Math.max(1, source.batch.numRows)));
  return {
    batch: isRun
      ? (only.batch.slice(first, first + taken.length) as Batch<T>)
      : takeRows(concatBatches(parts.map(({ batch }) => batch)), indexes),
    offset: Float64Array.from(taken, ({ held, row }) => held.source.offset[row] as number),
    rejects: taken.flatMap(({ rejects }) => rejects),
    bytes: Math.ceil(bytesPerRow * taken.length),
    rawRecord: (offset) => {
      for (const { source } of parts) {
        const record = source.rawRecord(offset);
        if (record !== undefined) return record;
      }
      return undefined;
    },
  };
}

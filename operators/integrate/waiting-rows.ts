import { takeNumbers } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { RowStore } from '../rows/row-store.ts';

/** Released rows below which the store is left as it is. */
const FEW_ROWS = 16_384;

/** Rows that wait for the watermark, by event time, ties in the order they came. */
export class WaitingRows {
  readonly store = new RowStore();
  #times = new GrowingNumbers(Float64Array);
  /** Rows by event time; those before `#from` have gone. */
  #sorted = new Int32Array(0);
  #from = 0;
  #until = 0;

  get size(): number {
    return this.#until - this.#from;
  }

  /** The event times of the rows in {@link store}. */
  get times(): Float64Array {
    return this.#times.all;
  }

  /** When rows could be known. */
  availableAt(rows: Int32Array): Float64Array {
    const times = takeNumbers(this.#times.all, rows);
    const { availableAt } = this.store;
    if (availableAt === undefined) return times;
    for (let i = 0; i < times.length; i++) {
      const derived = availableAt[rows[i] as number] as number;
      if (derived > (times[i] as number)) times[i] = derived;
    }
    return times;
  }

  append(input: StreamBatch, times: Float64Array): void {
    const first = this.store.rows;
    this.store.append(input);
    this.#times.append(times);
    this.#reserve(times.length);
    const all = this.#times.all;
    const rows = new Int32Array(times.length);
    let sorted = true;
    for (let i = 0; i < rows.length; i++) {
      rows[i] = first + i;
      if (i > 0 && (times[i] as number) < (times[i - 1] as number)) sorted = false;
    }
    if (!sorted) rows.sort((a, b) => (all[a] as number) - (all[b] as number) || a - b);
    this.#merge(rows, all);
  }

  #reserve(more: number): void {
    if (this.#until + more <= this.#sorted.length) return;
    const grown = new Int32Array(Math.max(this.size + more, 2 * this.size));
    grown.set(this.#sorted.subarray(this.#from, this.#until));
    this.#sorted = grown;
    this.#until -= this.#from;
    this.#from = 0;
  }

  /** Merges later rows in from the back: where they are later in event time as well, none moves. */
  #merge(rows: Int32Array, times: Float64Array): void {
    const sorted = this.#sorted;
    let old = this.#until - 1;
    let at = this.#until + rows.length - 1;
    this.#until = at + 1;
    for (let i = rows.length - 1; i >= 0; at--) {
      const row = rows[i] as number;
      if (old < this.#from || (times[sorted[old] as number] as number) <= (times[row] as number)) {
        sorted[at] = row;
        i--;
      } else sorted[at] = sorted[old--] as number;
    }
  }

  /** Takes the rows before an event time out, by event time. */
  release(before: number): { readonly rows: StreamBatch; readonly times: Float64Array } {
    const times = this.#times.all;
    const from = this.#from;
    this.drop(before);
    const released = this.#sorted.slice(from, this.#from);
    const output = {
      rows: this.store.take(released),
      times: takeNumbers(times, released),
    };
    this.compact();
    return output;
  }

  /** Drops the rows before an event time. */
  drop(before: number): void {
    const times = this.#times.all;
    const sorted = this.#sorted;
    let [low, high] = [this.#from, this.#until];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[sorted[middle] as number] as number) < before) low = middle + 1;
      else high = middle;
    }
    this.#from = low;
  }

  /** Once most rows of the store have gone, numbers the others anew, from 0 in the order they came; returns their old numbers. */
  compact(): Int32Array | undefined {
    const gone = this.store.rows - this.size;
    if (gone <= FEW_ROWS || gone <= this.size) return undefined;
    const kept = this.#arrivals();
    const places = new Int32Array(this.store.rows);
    for (let place = 0; place < kept.length; place++) places[kept[place] as number] = place;
    this.#sorted = this.#sorted.subarray(this.#from, this.#until).map((row) => places[row] as number);
    this.#from = 0;
    this.#until = this.#sorted.length;
    this.#times = this.#times.keep(kept);
    this.store.keep(kept);
    return kept;
  }

  /** Rows that wait, in the order they came. */
  #arrivals(): Int32Array {
    return this.#sorted.slice(this.#from, this.#until).sort();
  }

  /** The rows that wait, in the order they came. */
  all(): StreamBatch | undefined {
    return this.size === 0 ? undefined : this.store.take(this.#arrivals());
  }
}

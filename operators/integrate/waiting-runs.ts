import { concatStreamBatches, mergeInOrder, type StreamBatch, sliceStreamBatch, takeStreamRows, withBatch } from '../../streams/index.ts';
import type { RefitRows } from '../rows/refit-rows.ts';
import { rowsByTime } from '../rows/rows-by-time.ts';
import { sameTypes } from '../rows/same-types.ts';

/** Rows in order of event time. */
export interface TimedRows {
  readonly rows: StreamBatch;
  readonly times: Float64Array;
}

/** Rows below which a run is joined to the one before it: each costs some microseconds, however short it is. */
const FEW_ROWS = 1024;

/**
 * Rows that wait for the watermark: the batches as they came, each sorted, of which the watermark takes the first rows off. A stream in order of time is never copied. Where batches overlap
 * in time, runs of like lengths are merged, so that there are few of them and each row is merged as often as the logarithm of the number of rows that wait.
 */
export class WaitingRuns {
  #runs: TimedRows[] = [];
  #size = 0;
  /** Given where the rows at hand may have other columns than the next ones. */
  refit: RefitRows | undefined;

  get size(): number {
    return this.#size;
  }

  /** @param times of the rows, none of them NaN */
  append(rows: StreamBatch, times: Float64Array): void {
    this.#refitTo(rows);
    if (times.length === 0) return;
    this.#size += times.length;
    this.#runs.push(inOrder({ rows, times }));
    for (let count = this.#runs.length; count > 1; count = this.#runs.length) {
      const [older, newer] = this.#runs.slice(-2) as [TimedRows, TimedRows];
      if (!areMerged(older, newer)) break;
      this.#runs.splice(-2, 2, joined([older, newer]));
    }
  }

  #refitTo({ batch }: StreamBatch): void {
    const { refit } = this;
    this.refit = undefined;
    if (refit === undefined) return;
    this.#runs = this.#runs.map(({ rows, times }) => ({ rows: withBatch(rows, refit(rows.batch, batch)), times }));
  }

  /** Takes the rows before an event time out, in order of event time, rows of one time in the order they came. */
  release(before: number): readonly TimedRows[] {
    const released: TimedRows[] = [];
    const kept: TimedRows[] = [];
    for (const run of this.#runs) {
      const until = rowsBefore(run.times, before);
      if (until > 0) released.push(until === run.times.length ? run : sliceOf(run, 0, until));
      if (until < run.times.length) kept.push(until === 0 ? run : sliceOf(run, until, run.times.length));
      this.#size -= until;
    }
    this.#runs = kept;
    return released.every((run, index) => index === 0 || !overlap(released[index - 1] as TimedRows, run)) ? released : [joined(released)];
  }

  /** The rows that wait, in the order they came, behind others that came of the same stream. */
  all(others: readonly StreamBatch[] = []): StreamBatch | undefined {
    return mergeInOrder(withSameTypes([...others, ...this.#runs.map(({ rows }) => rows)]));
  }
}

function inOrder({ rows: { mark: _mark, ...rows }, times }: TimedRows): TimedRows {
  const sorted = rowsByTime(times);
  return sorted === undefined
    ? { rows, times }
    : { rows: takeStreamRows(rows, sorted), times: times.map((_, row) => times[sorted[row] as number] as number) };
}

const overlap = (older: TimedRows, newer: TimedRows): boolean => (newer.times[0] as number) < (older.times.at(-1) as number);

function areMerged(older: TimedRows, newer: TimedRows): boolean {
  const [before, after] = [older.times.length, newer.times.length];
  return 2 * after >= before && (overlap(older, newer) || (before < FEW_ROWS && after < FEW_ROWS));
}

/** Several runs as one. */
function joined(runs: readonly TimedRows[]): TimedRows {
  const rows = concatStreamBatches(withSameTypes(runs.map((run) => run.rows))) as StreamBatch;
  return inOrder({ rows, times: concatTimes(runs) });
}

export function concatTimes(runs: readonly TimedRows[]): Float64Array {
  const times = new Float64Array(runs.reduce((rows, run) => rows + run.times.length, 0));
  let at = 0;
  for (const run of runs) {
    times.set(run.times, at);
    at += run.times.length;
  }
  return times;
}

function withSameTypes(batches: readonly StreamBatch[]): readonly StreamBatch[] {
  const typed = sameTypes(batches.map(({ batch }) => batch));
  return batches.map((rows, index) => withBatch(rows, typed[index] as StreamBatch['batch']));
}

const sliceOf = ({ rows, times }: TimedRows, from: number, to: number): TimedRows => ({
  rows: sliceStreamBatch(rows, from, to),
  times: times.subarray(from, to),
});

/** How many sorted times lie before another. */
function rowsBefore(times: Float64Array, before: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < before) low = middle + 1;
    else high = middle;
  }
  return low;
}

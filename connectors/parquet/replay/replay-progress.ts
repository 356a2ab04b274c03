import { instantsOf, rolesOf } from '../../../columnar/index.ts';
import type { SourceBatch } from '../../contract/index.ts';

/** How far a replay is. */
export interface ReplayState {
  readonly rows: number;
  /** Rows in all, as far as the source knows. */
  readonly total: number;
  /** Newest event time, ms; undefined before the first row. */
  readonly eventTime: number | undefined;
  /** Seconds to go at the pace so far; undefined before it is known. */
  readonly secondsLeft: number | undefined;
}

/** Follows a replay for a progress bar. Times are wall times in ms, given by the caller. */
export class ReplayProgress {
  readonly #started: number;
  #rows = 0;
  #lag = 0;
  #eventTime: number | undefined;

  constructor(now: number) {
    this.#started = now;
  }

  /** Counts a batch in and tells how far the replay is. */
  update(batch: SourceBatch<never>, now: number): ReplayState {
    this.add(batch);
    return this.state(now);
  }

  /** Counts a batch in. */
  add(batch: SourceBatch<never>): void {
    this.#rows += batch.batch.numRows;
    const { eventTime } = rolesOf(batch.batch.schema);
    if (eventTime !== undefined)
      for (const time of instantsOf(batch.batch, eventTime as never))
        if (!(time <= (this.#eventTime ?? Number.NEGATIVE_INFINITY))) this.#eventTime = time;
    this.#lag = batch.lag;
  }

  /** How far the replay is. */
  state(now: number): ReplayState {
    const seconds = (now - this.#started) / 1000;
    return {
      rows: this.#rows,
      total: this.#rows + this.#lag,
      eventTime: this.#eventTime,
      secondsLeft: this.#rows === 0 || seconds <= 0 ? undefined : (this.#lag * seconds) / this.#rows,
    };
  }
}

/** A line for a terminal of `width` columns: bar, share, rows, event time, time left; without the bar where `width` is 0. */
export function progressLine(state: ReplayState, width = 80): string {
  const share = state.total === 0 ? 0 : state.rows / state.total;
  const time = state.eventTime === undefined ? '' : `  ${new Date(state.eventTime).toISOString().slice(0, 16)}Z`;
  const left = state.secondsLeft === undefined ? '' : `  ${spanText(state.secondsLeft)} left`;
  const text = ` ${String(Math.floor(share * 100)).padStart(3)} %  ${state.rows.toLocaleString('en-US')} rows${time}${left}`;
  if (width === 0) return text.trim();
  const room = Math.max(10, width - text.length - 2);
  const done = Math.round(share * room);
  return `[${'#'.repeat(done)}${'.'.repeat(room - done)}]${text}`;
}

function spanText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}

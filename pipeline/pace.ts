import type { TypeMap } from '../columnar/index.ts';
import type { Source, SourceBatch, SourceDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { takeSourceRows } from './source-rows.ts';
import type { TaskClock } from './system-clock.ts';
import { eventTimes } from './task-input.ts';

/**
 * Event time per wall time: Infinity for `max`, 1 for `realtime`, the factor for `60x`.
 *
 * @throws MillraceError INVALID_OPTION for anything else.
 */
export function parseSpeed(speed: string): number {
  if (speed === 'max') return Number.POSITIVE_INFINITY;
  if (speed === 'realtime') return 1;
  const factor = /^(\d+(?:\.\d+)?)x$/.exec(speed)?.[1];
  if (factor !== undefined && Number(factor) > 0) return Number(factor);
  throw new MillraceError('INVALID_OPTION', `speed '${speed}' is none`, { hint: 'use max, realtime, or a factor such as 100x' });
}

/**
 * Slows a source down so that event time passes at `speed`: rows are handed out when their event time is due, counted from the first row of this run.
 * A source without event time, or with `max`, is passed through.
 */
export function paced<T extends TypeMap>(definition: SourceDefinition<T>, speed: number, clock: TaskClock): SourceDefinition<T> {
  if (speed === Number.POSITIVE_INFINITY) return definition;
  return { ...definition, create: () => new PacedSource(definition.create(), speed, clock) };
}

const LONGEST_WAIT = 100;

class PacedSource<T extends TypeMap> implements Source<T> {
  readonly schema: Source<T>['schema'];
  readonly #source: Source<T>;
  readonly #speed: number;
  readonly #clock: TaskClock;
  #start: { readonly wall: number; readonly event: number } | undefined;
  #batch: SourceBatch<T> | undefined;
  #times: Float64Array | undefined;
  #cursor = 0;
  #counted = 0;

  constructor(source: Source<T>, speed: number, clock: TaskClock) {
    this.schema = source.schema;
    this.#source = source;
    this.#speed = speed;
    this.#clock = clock;
  }

  open(...parameters: Parameters<Source<T>['open']>): Promise<void> {
    return this.#source.open(...parameters);
  }

  async next(budget: Parameters<Source<T>['next']>[0]): Promise<SourceBatch<T> | 'idle' | 'end'> {
    if (this.#batch === undefined) {
      const next = await this.#source.next(budget);
      if (typeof next === 'string') return next;
      const times = eventTimes(next.batch);
      // A re-run after a crash is not paced: its rows were due before.
      if (times === undefined || times.length === 0 || budget.until !== undefined) return next;
      this.#batch = next;
      this.#times = times;
      this.#cursor = 0;
      this.#counted = 0;
    }
    return this.#due();
  }

  async #due(): Promise<SourceBatch<T> | 'idle'> {
    const times = this.#times as Float64Array;
    const first = times[this.#cursor] as number;
    // Rows without an event time are due at once; pacing begins with the first that has one.
    if (!Number.isNaN(first)) this.#start ??= { wall: this.#clock.now(), event: first };
    const start = this.#start;
    if (start === undefined) return this.#slice(this.#dueRows(Number.NEGATIVE_INFINITY));
    const wait = start.wall + (first - start.event) / this.#speed - this.#clock.now();
    if (wait > 0) await this.#clock.sleep(Math.min(wait, LONGEST_WAIT));
    if (wait > LONGEST_WAIT) return 'idle';
    return this.#slice(this.#dueRows(start.event + (this.#clock.now() - start.wall) * this.#speed));
  }

  /** The row after the last that is due at this event time; at least one row is. */
  #dueRows(now: number): number {
    const times = this.#times as Float64Array;
    let to = this.#cursor + 1;
    while (to < times.length && !((times[to] as number) > now)) to++;
    return to;
  }

  #slice(to: number): SourceBatch<T> {
    const batch = this.#batch as SourceBatch<T>;
    const from = this.#cursor;
    const taken = takeSourceRows(batch, from, to, {}, this.#counted);
    this.#cursor = to;
    this.#counted += taken.records;
    if (to >= batch.offset.length) this.#batch = undefined;
    return {
      ...batch,
      batch: batch.batch.slice(from, to),
      offset: batch.offset.subarray(from, to),
      records: taken.records,
      rejects: taken.rejects,
      position: taken.position,
      lag: batch.lag + batch.offset.length - to,
    };
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

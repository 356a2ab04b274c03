import { type Duration, MillraceError, milliseconds, type StateReader, type StateWriter } from '../../streams/index.ts';
import type { Baseline, BaselineState } from './baseline.ts';
import { KeyTimeline } from './key-timeline.ts';

/**
 * The value of `column` one season before the time forecast: the newest known value stamped no later than issuedAt + lead - n x season, with
 * the smallest n that makes it past or present. With a season of 24 h, tomorrow at nine is today at nine. Until a season has been seen, the oldest value
 * known stands in. A null is left out: the value before it of the same key counts on.
 *
 * @example
 * learn({ estimator, features: 'sequence', target: 'load', lead: '24h', baseline: seasonalNaive('load', { season: '24h' }) });
 */
export function seasonalNaive<const Column extends string>(column: Column, { season }: { readonly season: Duration }): Baseline<Column> {
  const span = milliseconds(season);
  if (span === undefined || span <= 0) {
    throw new MillraceError('INVALID_OPTION', `seasonalNaive: season is ${season}`, { hint: 'give a duration above 0, such as 24h' });
  }
  return { name: 'seasonal naive', column, create: (leads) => new SeasonOfValues(leads, span) };
}

class SeasonOfValues implements BaselineState {
  readonly #leads: Float64Array;
  readonly #season: number;
  /** By key: values by time, of the last season and the one value before it. */
  readonly #values: KeyTimeline[] = [];

  constructor(leads: Float64Array, season: number) {
    this.#leads = leads;
    this.#season = season;
  }

  next(key: number, issuedAt: number, value: number, forecasts: Float64Array, offset: number): void {
    const values = this.#valuesOf(key);
    if (!Number.isNaN(value)) values.insert(issuedAt, value);
    const newest = values.length === 0 ? issuedAt : values.time(values.length - 1);
    while (values.length > 1 && values.time(1) <= newest - this.#season) values.dropOldest();
    for (let lead = 0; lead < this.#leads.length; lead++) forecasts[offset + lead] = this.#asOf(values, this.#seasonBefore(issuedAt, lead));
  }

  /** The latest time not after `issuedAt` that is whole seasons before the time forecast. */
  #seasonBefore(issuedAt: number, lead: number): number {
    const ahead = this.#leads[lead] as number;
    return issuedAt + ahead - Math.ceil(ahead / this.#season) * this.#season;
  }

  #asOf(values: KeyTimeline, time: number): number {
    if (values.length === 0) return Number.NaN;
    let index = values.firstFrom(time);
    // Of equal times the last one inserted counts: a corrected value replaces the first.
    while (index < values.length && values.time(index) === time) index++;
    return values.value(Math.max(0, index - 1));
  }

  #valuesOf(key: number): KeyTimeline {
    while (this.#values.length <= key) this.#values.push(new KeyTimeline());
    return this.#values[key] as KeyTimeline;
  }

  snapshot(out: StateWriter): void {
    out.number(this.#values.length);
    for (const values of this.#values) {
      const indexes = Array.from({ length: values.length }, (_, index) => index);
      out.numbers(Float64Array.from(indexes, (index) => values.time(index)));
      out.numbers(Float64Array.from(indexes, (index) => values.value(index)));
    }
  }

  restore(input: StateReader): void {
    const keys = input.number();
    for (let key = 0; key < keys; key++) {
      const times = input.float64s();
      const values = input.float64s();
      for (const [index, time] of times.entries()) this.#valuesOf(key).insert(time, values[index] as number);
    }
  }
}

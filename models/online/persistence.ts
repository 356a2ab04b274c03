import type { StateReader, StateWriter } from '../../streams/index.ts';
import type { Baseline, BaselineState } from './baseline.ts';

/**
 * The last known value of `column`, whatever the lead: a null is bridged by the value before it of the same key.
 *
 * @example
 * learn({ estimator, features: 'sequence', target: 'pm25Measured', lead: '1h', baseline: persistence('pm25') });
 */
export function persistence<const Column extends string>(column: Column): Baseline<Column> {
  return { name: 'persistence', column, create: (leads) => new LastValues(leads.length) };
}

class LastValues implements BaselineState {
  readonly #leads: number;
  /** By key; a hole or NaN where no value is known yet. */
  readonly #values: number[] = [];

  constructor(leads: number) {
    this.#leads = leads;
  }

  next(key: number, _issuedAt: number, value: number, forecasts: Float64Array, offset: number): void {
    while (this.#values.length <= key) this.#values.push(Number.NaN);
    if (!Number.isNaN(value)) this.#values[key] = value;
    forecasts.fill(this.#values[key] as number, offset, offset + this.#leads);
  }

  snapshot(out: StateWriter): void {
    out.numbers(Float64Array.from(this.#values));
  }

  restore(input: StateReader): void {
    this.#values.splice(0, this.#values.length, ...input.float64s());
  }
}

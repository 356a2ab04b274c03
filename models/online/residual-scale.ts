import type { StateReader, StateWriter } from '../../streams/index.ts';

/**
 * The unit in which a network learns what the baseline leaves: per lead, the mean of |target - baseline| over all labels so far.
 * It runs with every label, but is put to use only at an optimizer step: between two steps all forecasts have one unit, that of the targets which
 * the network saw last. Before the first step the unit is 0, so that an untrained network's forecast is the baseline.
 */
export class ResidualScale {
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #used: Float64Array;

  constructor(leads: number) {
    this.#counts = new Float64Array(leads);
    this.#means = new Float64Array(leads);
    this.#used = new Float64Array(leads);
  }

  /** Takes the residual of one label. */
  add(lead: number, residual: number): void {
    const count = (this.#counts[lead] as number) + 1;
    const mean = this.#means[lead] as number;
    this.#counts[lead] = count;
    this.#means[lead] = mean + (Math.abs(residual) - mean) / count;
  }

  /** The running scale: the unit of a step made now. A copy. */
  running(): Float64Array {
    return this.#means.slice();
  }

  /** Puts a unit to use, the running scale unless another is given; called at an optimizer step. */
  use(unit = this.#means): void {
    this.#used.set(unit);
  }

  /** The unit of the network's output for a lead. */
  of(lead: number): number {
    return this.#used[lead] as number;
  }

  /** A residual in that unit. */
  scaled(lead: number, residual: number): number {
    return inUnit(residual, this.of(lead));
  }

  snapshot(out: StateWriter): void {
    out.numbers(this.#counts).numbers(this.#means).numbers(this.#used);
  }

  restore(input: StateReader): void {
    this.#counts.set(input.float64s());
    this.#means.set(input.float64s());
    this.#used.set(input.float64s());
  }
}

/** A residual in a unit; 0 while every residual was 0. */
export const inUnit = (residual: number, unit: number): number => (unit > 0 ? residual / unit : 0);

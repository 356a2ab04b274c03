import type { StateReader, StateWriter } from '../../streams/index.ts';

/**
 * A naive forecast that runs beside a model: the model learns what the baseline leaves, and both are scored on the same rows.
 * A new baseline is one file that makes this: a column to read and a state that turns its values into one forecast per lead.
 */
export interface Baseline<Column extends string = string> {
  /** Shown in errors and docs: `persistence`, say. */
  readonly name: string;
  /** The numeric column that the state reads. */
  readonly column: Column;
  /** Fresh state for leads in milliseconds. */
  create(leads: Float64Array): BaselineState;
}

/** A baseline at work. It sees each row once, in order, and knows no later one. */
export interface BaselineState {
  /**
   * Takes a row and forecasts from it.
   *
   * @param key dense number of the row's key
   * @param issuedAt event time from which the leads count, in ms
   * @param value of the baseline's column; NaN where null
   * @param forecasts receives one value per lead at `offset`; NaN where nothing is known yet
   */
  next(key: number, issuedAt: number, value: number, forecasts: Float64Array, offset: number): void;
  /** Writes canonical bytes. */
  snapshot(out: StateWriter): void;
  restore(input: StateReader): void;
}

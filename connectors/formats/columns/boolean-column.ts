import type { Data } from 'apache-arrow';
import { booleanData } from '../../../columnar/index.ts';
import { closeGaps, nullsOf, PRESENT } from './row-state.ts';

/** Collects true and false. */
export class BooleanColumn {
  readonly kind = 'boolean';
  state = new Uint8Array(0);
  #values = new Uint8Array(0);

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.#values = new Uint8Array(capacity);
  }

  /** Takes all rows at once, 0 or 1 each; the states are set by the caller. */
  take(values: Uint8Array<ArrayBuffer>): void {
    this.#values = values;
  }

  put(row: number, value: boolean): void {
    this.#values[row] = value ? 1 : 0;
    this.state[row] = PRESENT;
  }

  /** Leaves rows out, those named, ascending. */
  drop(gone: Int32Array, rows: number): void {
    closeGaps(this.#values, gone, rows);
    closeGaps(this.state, gone, rows);
  }

  finish(rows: number): Data {
    return booleanData(this.#values.subarray(0, rows), nullsOf(this.state, rows));
  }
}

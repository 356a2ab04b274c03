import type { Data } from 'apache-arrow';
import { tensorData } from '../../../columnar/index.ts';
import { nullsOf, PRESENT } from './row-state.ts';

/** Collects a fixed number of float32 values per row. */
export class TensorColumn {
  readonly kind = 'tensor';
  readonly size: number;
  state = new Uint8Array(0);
  #values = new Float32Array(0);

  constructor(size: number) {
    this.size = size;
  }

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.#values = new Float32Array(capacity * this.size);
  }

  /** Sets a row; false unless there are as many values as the column holds, all within float32. */
  put(row: number, values: readonly number[]): boolean {
    if (values.length !== this.size || !values.every((value) => Number.isFinite(Math.fround(value)))) return false;
    this.#values.set(values, row * this.size);
    this.state[row] = PRESENT;
    return true;
  }

  finish(rows: number): Data {
    return tensorData(this.#values.subarray(0, rows * this.size), this.size, nullsOf(this.state, rows));
  }
}

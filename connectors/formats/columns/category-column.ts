import type { Data } from 'apache-arrow';
import { categoryData } from '../../../columnar/index.ts';
import { ByteDictionary } from './byte-dictionary.ts';
import { nullsOf, PRESENT } from './row-state.ts';

/** A dictionary beyond these sizes is given up before the next batch: a column of ever new strings must not grow without bound. */
const MOST_ENTRIES = 16_384;
const MOST_BYTES = 4 * 1024 * 1024;

/** Collects strings as codes into a dictionary that lives on from batch to batch. */
export class CategoryColumn {
  readonly kind = 'category';
  state = new Uint8Array(0);
  #codes = new Int32Array(0);
  #dictionary = new ByteDictionary();

  begin(capacity: number): void {
    this.state = new Uint8Array(capacity);
    this.#codes = new Int32Array(capacity);
    if (this.#dictionary.size > MOST_ENTRIES || this.#dictionary.byteLength > MOST_BYTES) this.#dictionary = new ByteDictionary();
  }

  /** Sets a row to UTF-8 bytes of a block. */
  put(row: number, from: Uint8Array, start: number, end: number): void {
    this.#codes[row] = this.#dictionary.codeOf(from, start, end);
    this.state[row] = PRESENT;
  }

  finish(rows: number): Data {
    return categoryData(this.#codes.subarray(0, rows), this.#dictionary.vector(), nullsOf(this.state, rows));
  }
}

import { instantiate } from './instantiate.ts';
import { WINDOW_ROWS_WASM } from './kernels.generated.ts';

/** First byte that is free for use. */
export const WINDOW_ROWS_START = 1024;

/** Exported functions; pointers are byte positions in the memory. Layouts: kernels/assembly/window-rows.ts. */
export interface WindowRowFunctions {
  toMilliseconds(times: number, rows: number, factor: bigint, divisor: bigint): void;
  stretchEnd(times: number, marks: number, from: number, to: number, start: number, end: number, closes: number): number;
  assignSlots(
    groups: number,
    slots: number,
    from: number,
    to: number,
    table: number,
    taken: number,
    free: number,
    used: number,
    fresh: number,
  ): number;
  setEntries(slots: number, count: number, entry: number, entries: number, stride: number): void;
  addValues(slots: number, values: number, rows: number, entries: number, stride: number, missing: number): void;
  countRows(slots: number, rows: number, entries: number, stride: number): void;
}

/** The functions over a memory of their own, of `bytes` at least. */
export const createWindowRows = (bytes: number) => instantiate<WindowRowFunctions>(WINDOW_ROWS_WASM, bytes);

import { WINDOW_ROWS_WASM } from './kernels.generated.ts';
import { wasmBytes } from './wasm-bytes.ts';

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

const compiled: { module?: WebAssembly.Module } = {};

/** The functions over a memory of their own, of `bytes` at least. */
export function createWindowRows(bytes: number): { readonly functions: WindowRowFunctions; readonly memory: WebAssembly.Memory } {
  compiled.module ??= new WebAssembly.Module(wasmBytes(WINDOW_ROWS_WASM));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65_536) });
  const instance = new WebAssembly.Instance(compiled.module, { env: { memory } });
  return { functions: instance.exports as unknown as WindowRowFunctions, memory };
}

/** Makes a memory of functions at least `bytes` long, by doubling it; returns whether it has grown, which takes away all views of it. */
export function growMemory(memory: WebAssembly.Memory, bytes: number): boolean {
  const { byteLength } = memory.buffer;
  if (bytes <= byteLength) return false;
  // Doubled, as long as that is less than half of what there can be.
  memory.grow(Math.ceil(Math.max(bytes - byteLength, Math.min(byteLength, 2 ** 31 - byteLength)) / 65_536));
  return true;
}

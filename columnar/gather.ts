/**
 * Values of typed arrays by row number. One loop per width of value: a loop that meets several kinds of arrays is compiled for none of them and runs five times slower, and
 * 64-bit integers are moved as two halves, because reading them as BigInt makes an object of each.
 */

import { BatchMemory } from './fresh-array.ts';

type TypedArray = Float64Array | Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array;

/** The rows of a column to take. */
export interface RowSelection {
  readonly rows: Int32Array;
  /** Whether a row may be negative, which stands for null. */
  readonly hasNulls: boolean;
  /** Where the rows are few long runs of consecutive ones: first row and length of each, in turns. */
  readonly runs: Int32Array | undefined;
  /** Where the arrays of what is taken lie. */
  readonly memory: BatchMemory;
}

/** Shortest mean run for which copying runs beats copying values. */
const LONG_RUN = 16;

/** Looks at row numbers once for all columns of a batch, whose arrays come to lie in `memory`. */
export function rowSelection(rows: Int32Array, memory = new BatchMemory(rows.length)): RowSelection {
  let signs = 0;
  let breaks = 0;
  let before = -2;
  for (let row = 0; row < rows.length; row++) {
    const at = rows[row] as number;
    signs |= at;
    breaks += ((at - before - 1) | (before + 1 - at)) >>> 31;
    before = at;
  }
  const hasNulls = signs < 0;
  const runs = !hasNulls && breaks * LONG_RUN <= rows.length ? runsOf(rows, breaks) : undefined;
  return { rows, hasNulls, runs, memory };
}

function runsOf(rows: Int32Array, count: number): Int32Array {
  const runs = new Int32Array(count * 2);
  let at = -2;
  let before = -2;
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row] as number;
    if (from !== before + 1) {
      at += 2;
      runs[at] = from;
    }
    runs[at + 1] = (runs[at + 1] as number) + 1;
    before = from;
  }
  return runs;
}

/** The values at the rows, `stride` consecutive ones per row; 0 where a row is negative. */
export function gatherValues<A extends ArrayBufferView>(values: A, selection: RowSelection, stride = 1): A {
  const from = values as unknown as TypedArray;
  const kind = from.constructor as Float64ArrayConstructor;
  const length = selection.rows.length * stride;
  const to = selection.hasNulls ? new kind(length) : selection.memory.array(kind, length);
  if (selection.runs !== undefined) copyRuns(from as Float64Array, to, selection.runs, stride);
  else gatherInto(from, to, selection, stride);
  return to as unknown as A;
}

function copyRuns(from: Float64Array, to: Float64Array, runs: Int32Array, stride: number): void {
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const first = runs[run] as number;
    const length = (runs[run + 1] as number) * stride;
    to.set(from.subarray(first * stride, first * stride + length), at);
    at += length;
  }
}

function gatherInto(from: TypedArray, to: TypedArray, { rows, hasNulls }: RowSelection, stride: number): void {
  const width = from.BYTES_PER_ELEMENT;
  if (stride === 1 && !hasNulls) {
    if (from instanceof Float64Array) gather64(from, to as Float64Array, rows);
    else if (width === 8) gatherHalves(int32Of(from), int32Of(to), rows);
    else if (width === 4) gather32(int32Of(from), int32Of(to), rows);
    else if (width === 2) gather16(from as Int16Array, to as Int16Array, rows);
    else gather8(from as Int8Array, to as Int8Array, rows);
  } else if (width >= 4) gatherWords(int32Of(from), int32Of(to), rows, (width / 4) * stride);
  else gatherWords(from as Int32Array, to as Int32Array, rows, stride);
}

const int32Of = (values: ArrayBufferView): Int32Array =>
  values instanceof Int32Array ? values : new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2);

function gather64(from: Float64Array, to: Float64Array, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) to[row] = from[rows[row] as number] as number;
}

function gatherHalves(from: Int32Array, to: Int32Array, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) {
    const source = 2 * (rows[row] as number);
    to[2 * row] = from[source] as number;
    to[2 * row + 1] = from[source + 1] as number;
  }
}

function gather32(from: Int32Array, to: Int32Array, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) to[row] = from[rows[row] as number] as number;
}

function gather16(from: Int16Array, to: Int16Array, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) to[row] = from[rows[row] as number] as number;
}

function gather8(from: Int8Array, to: Int8Array, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) to[row] = from[rows[row] as number] as number;
}

/** Any width in words, negative rows left at 0. */
function gatherWords(from: Int32Array, to: Int32Array, rows: Int32Array, words: number): void {
  for (let row = 0; row < rows.length; row++) {
    const source = rows[row] as number;
    if (source < 0) continue;
    for (let word = 0; word < words; word++) to[row * words + word] = from[source * words + word] as number;
  }
}

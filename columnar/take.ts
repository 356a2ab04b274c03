import { Data, DataType, makeData, Type, type TypeMap, Vector, vectorFromArray } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { makeBatch } from './build.ts';
import { gatherValues, type RowSelection, rowSelection } from './gather.ts';
import { Validity, ValidityBuilder } from './validity.ts';

/** The rows of a batch at `rows`, in that order (a row may be named more than once). A selection made by `rowSelection` serves several calls. */
export function takeRows<T extends TypeMap>(batch: Batch<T>, rows: Int32Array | RowSelection): Batch<T> {
  const selection = rows instanceof Int32Array ? rowSelection(rows) : rows;
  return makeBatch(
    batch.schema,
    batch.data.children.map((column) => takeSelected(column, selection)),
    selection.rows.length,
  );
}

/** The values of one column at `rows`. A negative row gives null. */
export function takeData(data: Data, rows: Int32Array | RowSelection): Data {
  return takeSelected(data, rows instanceof Int32Array ? rowSelection(rows) : rows);
}

/** The numbers of an array at `rows`, of which none may be negative. */
export function takeNumbers<A extends Float64Array | Int32Array>(values: A, rows: Int32Array | RowSelection): A {
  return gatherValues(values, rows instanceof Int32Array ? rowSelection(rows) : rows);
}

const NO_BITMAP = new Uint8Array(0);

function takeSelected(data: Data, selection: RowSelection): Data {
  const { type } = data;
  const length = selection.rows.length;
  // A column of nulls alone has no bitmap.
  if (DataType.isNull(type)) return makeData({ type, length });
  const nulls = takeNulls(data, selection);
  const parts = { length, nullCount: nulls?.nullCount ?? 0, nullBitmap: nulls?.finish() };
  if (DataType.isBool(type)) return makeData({ type, ...parts, data: takeBits(data, selection.rows) });
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) {
    return makeData({ type, ...parts, ...takeBytes(data, selection.rows) } as never);
  }
  if (DataType.isFixedSizeList(type)) {
    return makeData({ type, ...parts, child: takeData(data.children[0] as Data, spread(selection.rows, type.listSize)) });
  }
  if (DataType.isStruct(type)) {
    return makeData({ type, ...parts, children: data.children.map((child) => takeSelected(child, selection)) } as never);
  }
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) return takeLists(data, selection.rows, parts);
  const stride = strideOf(data);
  if (ArrayBuffer.isView(data.values) && stride !== undefined && data.children.length === 0) {
    const values = gatherValues(data.values, selection, stride);
    const buffers = [undefined, values, parts.nullBitmap ?? NO_BITMAP];
    return new Data(type, 0, length, parts.nullCount, buffers as never, [], data.dictionary);
  }
  return takeByValue(data, selection.rows);
}

/** Which rows are null; undefined when none is. */
function takeNulls(data: Data, { rows, hasNulls }: RowSelection): ValidityBuilder | undefined {
  const { bitmap, offset } = Validity.of(data);
  if (bitmap === undefined && !hasNulls) return undefined;
  const nulls = new ValidityBuilder(rows.length);
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row] as number;
    if (from < 0) nulls.setNull(row);
    else if (bitmap !== undefined && ((bitmap[(from + offset) >> 3] as number) & (1 << ((from + offset) & 7))) === 0) nulls.setNull(row);
  }
  return nulls;
}

/** Values per row of a fixed-width layout (two for decimals and intervals, say), or undefined for other layouts. */
function strideOf(data: Data): number | undefined {
  const stride = (data as { stride?: number }).stride;
  return stride !== undefined && stride >= 1 && data.valueOffsets === undefined ? stride : undefined;
}

function takeBits(data: Data, rows: Int32Array): Uint8Array {
  const from = data.values as Uint8Array;
  const to = new Uint8Array(Math.ceil(rows.length / 64) * 8);
  for (let row = 0; row < rows.length; row++) {
    const bit = (rows[row] as number) + data.offset;
    if ((rows[row] as number) >= 0 && ((from[bit >> 3] as number) >> (bit & 7)) & 1)
      to[row >> 3] = (to[row >> 3] as number) | (1 << (row & 7));
  }
  return to;
}

function takeBytes(data: Data, rows: Int32Array): { valueOffsets: Int32Array; data: Uint8Array } {
  const from = data.valueOffsets as Int32Array;
  const valueOffsets = new Int32Array(rows.length + 1);
  for (let row = 0; row < rows.length; row++) {
    const source = rows[row] as number;
    const length = source < 0 ? 0 : (from[source + 1] as number) - (from[source] as number);
    valueOffsets[row + 1] = (valueOffsets[row] as number) + length;
  }
  const bytes = new Uint8Array(valueOffsets[rows.length] as number);
  const values = data.values as Uint8Array;
  for (let row = 0; row < rows.length; ) {
    const first = rows[row] as number;
    const at = valueOffsets[row] as number;
    // Strings of consecutive rows lie one after the other: they are copied together.
    let last = first;
    row++;
    if (first < 0) continue;
    while (row < rows.length && rows[row] === last + 1) {
      last++;
      row++;
    }
    copyBytes(values, from[first] as number, from[last + 1] as number, bytes, at);
  }
  return { valueOffsets, data: bytes };
}

/** Below so many bytes a loop beats the call of `set`. */
const FEW_BYTES = 32;

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > FEW_BYTES) to.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++) to[at + i - start] = from[i] as number;
}

/** Lists and maps: the items that the rows point to, one after the other. */
function takeLists(
  data: Data,
  rows: Int32Array,
  { nullCount, nullBitmap }: { nullCount: number; nullBitmap: Uint8Array | undefined },
): Data {
  const offsets = new Int32Array(rows.length + 1);
  const start = (row: number): number => Number(data.valueOffsets[row]);
  const sizeOf = (row: number): number => (row < 0 ? 0 : start(row + 1) - start(row));
  for (let row = 0; row < rows.length; row++) offsets[row + 1] = (offsets[row] as number) + sizeOf(rows[row] as number);
  const items = new Int32Array(offsets[rows.length] as number);
  for (let row = 0; row < rows.length; row++) {
    const [from, to] = [offsets[row] as number, offsets[row + 1] as number];
    for (let item = from; item < to; item++) items[item] = start(rows[row] as number) + item - from;
  }
  const valueOffsets = DataType.isLargeList(data.type) ? BigInt64Array.from(offsets, BigInt) : offsets;
  const buffers = [valueOffsets, undefined, nullBitmap ?? NO_BITMAP];
  return new Data(data.type, 0, rows.length, nullCount, buffers as never, [takeData(data.children[0] as Data, items)]);
}

/** Row numbers of a list's items: `size` consecutive ones per row. */
function spread(rows: Int32Array, size: number): Int32Array {
  const items = new Int32Array(rows.length * size);
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row] as number;
    for (let item = 0; item < size; item++) items[row * size + item] = from < 0 ? -1 : from * size + item;
  }
  return items;
}

/** The slow way, for layouts that have no loop of their own: strings and bytes with 64-bit offsets, views. */
function takeByValue(data: Data, rows: Int32Array): Data {
  const values = new Vector([data]);
  const taken = Array.from(rows, (row) => (row < 0 ? null : values.get(row)));
  return vectorFromArray(taken as never, data.type).data[0] as Data;
}

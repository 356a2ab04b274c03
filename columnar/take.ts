import { type Data, DataType, makeData, Type, type TypeMap, Vector, vectorFromArray } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { makeBatch } from './build.ts';
import { Validity, ValidityBuilder } from './validity.ts';

/** The rows of a batch at `rows`, in that order (a row may be named more than once). */
export function takeRows<T extends TypeMap>(batch: Batch<T>, rows: Int32Array): Batch<T> {
  return makeBatch(
    batch.schema,
    batch.data.children.map((column) => takeData(column, rows)),
    rows.length,
  );
}

/** The values of one column at `rows`. A negative row gives null. */
export function takeData(data: Data, rows: Int32Array): Data {
  const nulls = takeNulls(data, rows);
  const parts = { length: rows.length, nullCount: nulls.nullCount, nullBitmap: nulls.finish() };
  const { type } = data;
  if (DataType.isBool(type)) return makeData({ type, ...parts, data: takeBits(data, rows) });
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) {
    return makeData({ type, ...parts, ...takeBytes(data, rows) } as never);
  }
  if (DataType.isFixedSizeList(type)) {
    return makeData({ type, ...parts, child: takeData(data.children[0] as Data, spread(rows, type.listSize)) });
  }
  if (DataType.isStruct(type)) {
    return makeData({ type, ...parts, children: data.children.map((child) => takeData(child, rows)) } as never);
  }
  if (DataType.isDictionary(type)) {
    return makeData({ type, ...parts, data: takeFixed(data.values, rows), dictionary: data.dictionary } as never);
  }
  if (ArrayBuffer.isView(data.values) && strideOf(data) !== undefined && data.children.length === 0) {
    return makeData({ type, ...parts, data: takeFixed(data.values, rows, strideOf(data)) } as never);
  }
  return takeByValue(data, rows);
}

function takeNulls(data: Data, rows: Int32Array): ValidityBuilder {
  const validity = Validity.of(data);
  const nulls = new ValidityBuilder(rows.length);
  if (validity.complete) {
    for (let row = 0; row < rows.length; row++) if ((rows[row] as number) < 0) nulls.setNull(row);
    return nulls;
  }
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row] as number;
    if (from < 0 || !validity.isValid(from)) nulls.setNull(row);
  }
  return nulls;
}

/** Values per row of a fixed-width layout (two for decimals and intervals, say), or undefined for other layouts. */
function strideOf(data: Data): number | undefined {
  const stride = (data as { stride?: number }).stride;
  return stride !== undefined && stride >= 1 && data.valueOffsets === undefined ? stride : undefined;
}

type FixedValues = Float64Array;

function takeFixed(values: ArrayBufferView, rows: Int32Array, stride = 1): FixedValues {
  const from = values as FixedValues;
  const to = new (values.constructor as Float64ArrayConstructor)(rows.length * stride);
  if (stride === 1) {
    for (let row = 0; row < rows.length; row++) {
      const source = rows[row] as number;
      if (source >= 0) to[row] = from[source] as number;
    }
    return to;
  }
  for (let row = 0; row < rows.length; row++) {
    const source = rows[row] as number;
    if (source < 0) continue;
    for (let part = 0; part < stride; part++) to[row * stride + part] = from[source * stride + part] as number;
  }
  return to;
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
  for (let row = 0; row < rows.length; row++) {
    const source = rows[row] as number;
    if (source >= 0) bytes.set(values.subarray(from[source] as number, from[source + 1] as number), valueOffsets[row] as number);
  }
  return { valueOffsets, data: bytes };
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

/** The slow way, for nested layouts that have no loop of their own. */
function takeByValue(data: Data, rows: Int32Array): Data {
  const values = new Vector([data]);
  const taken = Array.from(rows, (row) => (row < 0 ? null : values.get(row)));
  return vectorFromArray(taken as never, data.type).data[0] as Data;
}

import {
  Bool,
  Data,
  DataType,
  type Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  makeData,
  Schema,
  TimestampMillisecond,
  type TypeMap,
  Utf8,
  Vector,
} from 'apache-arrow';
import { assembleBatch } from './assemble-batch.ts';
import type { Batch, BatchSchema } from './batch.ts';
import { CATEGORY } from './category-type.ts';
import { ColumnError } from './column-error.ts';
import type { WithColumns } from './column-types.ts';
import { extendedSchema } from './extended-schema.ts';
import type { ValidityBuilder } from './validity.ts';
import { numbersToInt64 } from './views.ts';

type Nulls = Pick<ValidityBuilder, 'finish' | 'nullCount'> | undefined;

const nullParts = (nulls: Nulls) => ({ nullBitmap: nulls?.finish(), nullCount: nulls?.nullCount ?? 0 });

// One object per type: schemas made of them can be told equal by identity.
const FLOAT64 = new Float64();
const FLOAT32 = new Float32();
const INT32 = new Int32();
const BOOL = new Bool();
const UTF8 = new Utf8();
const TIMESTAMP = new TimestampMillisecond('UTC') as TimestampMillisecond;
const NO_BITMAP = new Uint8Array(0);

/** A column of one value buffer, without the dispatch by type that Arrow's makeData goes through. */
function fixedData<Type extends DataType>(type: Type, length: number, values: unknown, nulls: Nulls): Data<Type> {
  const { nullBitmap = NO_BITMAP, nullCount } = nullParts(nulls);
  return new Data(type, 0, length, nullCount, [undefined, values, nullBitmap] as never);
}

/** A float64 column over `values`, which it takes over. */
export function float64Data(values: Float64Array, nulls?: Nulls): Data<Float64> {
  return fixedData(FLOAT64, values.length, values, nulls);
}

/** A float32 column over `values`. */
export function float32Data(values: Float32Array, nulls?: Nulls): Data<Float32> {
  return fixedData(FLOAT32, values.length, values, nulls);
}

/** An int32 column over `values`. */
export function int32Data(values: Int32Array, nulls?: Nulls): Data<Int32> {
  return fixedData(INT32, values.length, values, nulls);
}

/** A boolean column from one byte per row. */
export function booleanData(values: ArrayLike<number | boolean>, nulls?: Nulls): Data<Bool> {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8);
  for (let row = 0; row < values.length; row++) if (values[row]) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  return fixedData(BOOL, values.length, bits, nulls);
}

/** A timestamp column from milliseconds since the epoch; from 64-bit integers, which it takes over, without conversion. */
export function timestampData(milliseconds: ArrayLike<number> | BigInt64Array, nulls?: Nulls): Data<TimestampMillisecond> {
  const values = milliseconds instanceof BigInt64Array ? milliseconds : numbersToInt64(milliseconds);
  return fixedData(TIMESTAMP, milliseconds.length, values, nulls);
}

/** A tensor column: `size` float32 values per row, row-major. */
export function tensorData(values: Float32Array, size: number, nulls?: Nulls): Data<FixedSizeList<Float32>> {
  const child = makeData({ type: new Float32(), length: values.length, nullCount: 0, data: values });
  const type = new FixedSizeList(size, new Field('item', new Float32(), false));
  return makeData({ type, length: size === 0 ? 0 : values.length / size, child, ...nullParts(nulls) });
}

const encoder = new TextEncoder();

/** A plain string column; null and undefined become null. */
export function utf8Data(strings: readonly (string | null | undefined)[]): Data<Utf8> {
  const offsets = new Int32Array(strings.length + 1);
  const parts: Uint8Array[] = [];
  const bitmap = new Uint8Array(Math.ceil(strings.length / 64) * 8);
  let end = 0;
  let nullCount = 0;
  strings.forEach((string, row) => {
    if (string === null || string === undefined) nullCount++;
    else {
      const bytes = encoder.encode(string);
      parts.push(bytes);
      end += bytes.length;
      bitmap[row >> 3] = (bitmap[row >> 3] as number) | (1 << (row & 7));
    }
    offsets[row + 1] = end;
  });
  const data = new Uint8Array(end);
  let position = 0;
  for (const part of parts) {
    data.set(part, position);
    position += part.length;
  }
  return makeData({
    type: UTF8,
    length: strings.length,
    valueOffsets: offsets,
    data,
    nullCount,
    nullBitmap: nullCount > 0 ? bitmap : undefined,
  });
}

/** A plain string column over bytes of UTF-8: row `i` from `offsets[i]` to `offsets[i + 1]`. */
export function utf8BytesData(bytes: Uint8Array, offsets: Int32Array, nulls?: Nulls): Data<Utf8> {
  const { nullBitmap = NO_BITMAP, nullCount } = nullParts(nulls);
  return new Data(UTF8, 0, offsets.length - 1, nullCount, [offsets, bytes, nullBitmap] as never);
}

/** A dictionary-encoded string column from codes into `strings`; pass the same `dictionary` vector again to share it between batches. */
export function categoryData(codes: Int32Array, strings: readonly string[] | Vector<Utf8>, nulls?: Nulls): Data<Dictionary<Utf8, Int32>> {
  const dictionary = strings instanceof Vector ? strings : new Vector([utf8Data(strings)]);
  const type = CATEGORY;
  return makeData({ type, length: codes.length, data: codes, dictionary, ...nullParts(nulls) });
}

/** Builds a batch of a schema from one Arrow data per field, in the schema's order. */
export function makeBatch<T extends TypeMap>(schema: BatchSchema<T>, columns: readonly Data[], length?: number): Batch<T> {
  const rows = length ?? columns[0]?.length ?? 0;
  for (const [index, column] of columns.entries()) {
    if (column.length !== rows)
      throw new ColumnError(`column '${schema.fields[index]?.name}' has ${column.length} rows where the batch has ${rows}`);
  }
  return assembleBatch(schema, columns, rows);
}

/** A batch of a schema without rows. */
export function emptyBatch<T extends TypeMap>(schema: BatchSchema<T>): Batch<T> {
  return assembleBatch(
    schema,
    schema.fields.map((field) => emptyColumn(field.type)),
    0,
  );
}

/** A nested column has its children, however empty. */
function emptyColumn(type: DataType): Data {
  const children = (DataType.isDictionary(type) ? [] : ((type.children ?? []) as Field[])).map((child) => emptyColumn(child.type));
  if (children.length === 0) return makeData({ type, length: 0 } as never);
  if (DataType.isStruct(type)) return makeData({ type, length: 0, children } as never);
  const offsets = DataType.isLargeList(type) ? new BigInt64Array(1) : DataType.isFixedSizeList(type) ? undefined : new Int32Array(1);
  return new Data(type, 0, 0, 0, [offsets] as never, children);
}

/** The batch with columns added at the end, or replaced where the name exists. Metadata (roles) is kept. */
export function withColumns<T extends TypeMap, Added extends TypeMap>(
  batch: Batch<T>,
  added: { readonly [K in keyof Added & string]: Data<Added[K]> },
): Batch<WithColumns<T, Added>> {
  const entries = Object.entries<Data>(added);
  const schema = extendedSchema(batch.schema, entries);
  const columns: Data[] = [...batch.data.children];
  for (const [name, data] of entries) columns[schema.fields.findIndex((field) => field.name === name)] = data;
  return makeBatch(schema as BatchSchema<WithColumns<T, Added>>, columns, batch.numRows);
}

/** Rows `from` (inclusive) to `to` (exclusive), of the same schema, without copying columns. */
export function sliceBatch<T extends TypeMap>(batch: Batch<T>, from: number, to: number): Batch<T> {
  const last = Math.min(to, batch.numRows);
  const first = Math.min(from, last);
  const columns = batch.data.children.map((column) => column.slice(first, last - first));
  return assembleBatch<T>(batch.schema, columns, last - first);
}

/** The batch with only the named columns, in the order given. */
export function selectColumns<T extends TypeMap, K extends keyof T & string>(batch: Batch<T>, names: readonly K[]): Batch<Pick<T, K>> {
  const indexes = names.map((name) => {
    const index = batch.schema.fields.findIndex((field) => field.name === name);
    if (index < 0)
      throw new ColumnError(`there is no column '${name}'; the columns are ${batch.schema.fields.map((field) => field.name).join(', ')}`);
    return index;
  });
  const schema = new Schema(indexes.map((index) => batch.schema.fields[index]) as never, batch.schema.metadata);
  return makeBatch(
    schema,
    indexes.map((index) => batch.data.children[index] as Data),
    batch.numRows,
  );
}

export type { DataType };

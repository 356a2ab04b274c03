import { Bool, Data, DataType, type FixedSizeList, makeData, Type, type TypeMap, type Utf8, Vector, vectorFromArray } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { categoryData, makeBatch } from './build.ts';
import { BatchMemory } from './fresh-array.ts';
import { KeyInterner } from './key-interner.ts';
import { Validity, ValidityBuilder } from './validity.ts';
import { columnData, stringView } from './views.ts';

/** One batch of all rows of several batches with the same columns, in order, fixed-width values in `memory`. Throws when `batches` is empty. */
export function concatBatches<T extends TypeMap>(batches: readonly Batch<T>[], memory = new BatchMemory(0)): Batch<T> {
  const first = batches[0];
  if (first === undefined) throw new RangeError('concatBatches needs at least one batch: without one the schema is unknown');
  if (batches.length === 1) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const columns = first.schema.fields.map((field, index) => concatColumn(field.name as never, batches, index, memory));
  return makeBatch(first.schema, columns, rows);
}

function concatColumn<T extends TypeMap>(name: keyof T & string, batches: readonly Batch<T>[], index: number, memory: BatchMemory): Data {
  const parts = batches.map((batch) => batch.data.children[index] as Data);
  return DataType.isDictionary((parts[0] as Data).type) ? concatCategories(name, batches, memory) : concatLayout(parts, memory);
}

function concatLayout(parts: readonly Data[], memory: BatchMemory): Data {
  const { type } = parts[0] as Data;
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) return concatBytes(parts);
  if (DataType.isFixedSizeList(type)) return concatEqualLists(parts as readonly Data<FixedSizeList>[], memory);
  if (DataType.isStruct(type)) return concatStructs(parts, memory);
  if (DataType.isList(type) || DataType.isLargeList(type) || DataType.isMap(type)) return concatLists(parts, memory);
  if (DataType.isNull(type)) return makeData({ type, length: lengthOf(parts) });
  return DataType.isBool(type) ? concatBits(parts) : concatOther(parts, memory);
}

const lengthOf = (parts: readonly { readonly length: number }[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function concatStructs(parts: readonly Data[], memory: BatchMemory): Data {
  const length = lengthOf(parts);
  const nulls = joinNulls(parts, length);
  const { type } = parts[0] as Data;
  const children = type.children.map((_: unknown, child: number) =>
    concatLayout(
      parts.map((part) => (part.children[child] as Data).slice(0, part.length)),
      memory,
    ),
  );
  return makeData({ type, length, children, nullCount: nulls.nullCount, nullBitmap: nulls.finish() } as never);
}

/** Lists and maps: the items that are pointed to are joined, and the offsets count on. */
function concatLists(parts: readonly Data[], memory: BatchMemory): Data {
  const length = lengthOf(parts);
  const nulls = joinNulls(parts, length);
  const offsets = new Int32Array(length + 1);
  const items: Data[] = [];
  let row = 0;
  for (const { valueOffsets, children, length: rows } of parts) {
    const first = Number(valueOffsets[0] ?? 0);
    const shift = (offsets[row] as number) - first;
    for (let at = 0; at < rows; at++) offsets[++row] = Number(valueOffsets[at + 1]) + shift;
    items.push((children[0] as Data).slice(first, (offsets[row] as number) - shift - first));
  }
  const { type } = parts[0] as Data;
  const valueOffsets = DataType.isLargeList(type) ? BigInt64Array.from(offsets, BigInt) : offsets;
  return new Data(type, 0, length, nulls.nullCount, [valueOffsets, undefined, nulls.finish()] as never, [concatLayout(items, memory)]);
}

/** Lists of one size: their items lie one after the other, so the items are joined. */
function concatEqualLists(parts: readonly Data<FixedSizeList>[], memory: BatchMemory): Data {
  const length = lengthOf(parts);
  const nulls = joinNulls(parts, length);
  const { type } = parts[0] as Data<FixedSizeList>;
  // An item buffer may be longer than the rows need.
  const items = parts.map((part) => (part.children[0] as Data).slice(0, part.length * type.listSize));
  return makeData({ type, length, child: concatLayout(items, memory), nullCount: nulls.nullCount, nullBitmap: nulls.finish() });
}

function concatBytes(parts: readonly Data[]): Data {
  const length = lengthOf(parts);
  const valueOffsets = new Int32Array(length + 1);
  const nulls = joinNulls(parts, length);
  const bytes: Uint8Array[] = [];
  let row = 0;
  for (const part of parts) {
    const offsets = part.valueOffsets as Int32Array;
    const first = offsets[0] as number;
    const shift = (valueOffsets[row] as number) - first;
    bytes.push((part.values as Uint8Array).subarray(first, offsets[part.length]));
    for (let i = 0; i < part.length; i++, row++) valueOffsets[row + 1] = (offsets[i + 1] as number) + shift;
  }
  const data = new Uint8Array(valueOffsets[length] as number);
  let at = 0;
  for (const part of bytes) {
    data.set(part, at);
    at += part.length;
  }
  const { type } = parts[0] as Data;
  return makeData({ type, length, valueOffsets, data, nullCount: nulls.nullCount, nullBitmap: nulls.finish() } as never);
}

function concatCategories<T extends TypeMap>(name: keyof T & string, batches: readonly Batch<T>[], memory: BatchMemory): Data {
  const columns = batches.map((batch) => columnData(batch, name));
  const dictionary = (columns[0] as Data).dictionary as Vector<Utf8> | undefined;
  if (dictionary !== undefined && columns.every((column) => column.dictionary === dictionary && column.values instanceof Int32Array)) {
    if (columns.every(({ nullCount }) => nullCount === 0)) return categoryData(joinedValues(columns, memory) as Int32Array, dictionary);
    return joinCodes(columns.map(codesOf), dictionary);
  }
  const interner = new KeyInterner();
  const codes = batches.map((batch) => interner.codes(stringView(batch, name), batch, name));
  return joinCodes(codes, interner.keys);
}

/** Codes of a category column, -1 where null. */
function codesOf(column: Data): Int32Array {
  const validity = Validity.of(column);
  const codes = (column.values as Int32Array).subarray(0, column.length);
  return validity.complete ? codes : codes.map((code, row) => (validity.isValid(row) ? code : -1));
}

function joinCodes(parts: readonly Int32Array[], strings: readonly string[] | Vector<Utf8>): Data {
  const length = lengthOf(parts);
  const codes = new Int32Array(length);
  const nulls = new ValidityBuilder(length);
  let at = 0;
  for (const part of parts) {
    for (let row = 0; row < part.length; row++, at++) {
      const code = part[row] as number;
      if (code < 0) nulls.setNull(at);
      else codes[at] = code;
    }
  }
  return categoryData(codes, strings, nulls);
}

/** Bits of booleans; a slice's bits begin at its offset. */
function concatBits(parts: readonly Data[]): Data {
  const length = lengthOf(parts);
  const bits = new Uint8Array(Math.ceil(length / 64) * 8);
  let row = 0;
  for (const part of parts) {
    const from = part.values as Uint8Array;
    for (let bit = part.offset; bit < part.offset + part.length; bit++, row++) {
      if (((from[bit >> 3] as number) >> (bit & 7)) & 1) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
    }
  }
  const nulls = joinNulls(parts, length);
  return makeData({ type: new Bool(), length, data: bits, nullCount: nulls.nullCount, nullBitmap: nulls.finish() });
}

/** Layouts of one typed array of `stride` values per row are copied; dictionaries within nested columns, and views, go through Arrow's own vectors. */
function concatOther(parts: readonly Data[], memory: BatchMemory): Data {
  const first = parts[0] as Data;
  const isFixed = parts.every(
    (part) =>
      ArrayBuffer.isView(part.values) && part.valueOffsets === undefined && part.children.length === 0 && part.dictionary === undefined,
  );
  if (!isFixed) {
    const values = parts.flatMap((part) => Array.from(new Vector([part])));
    return vectorFromArray(values as never, first.type).data[0] as Data;
  }
  const values = joinedValues(parts, memory);
  const length = lengthOf(parts);
  const nulls = joinNulls(parts, length);
  return makeData({ type: first.type, length, data: values, nullCount: nulls.nullCount, nullBitmap: nulls.finish() } as never);
}

/** The values of fixed-width columns one after the other. */
function joinedValues(parts: readonly Data[], memory: BatchMemory): Float64Array | Int32Array {
  const first = parts[0] as Data;
  const stride = (first as { stride?: number }).stride ?? 1;
  const length = lengthOf(parts);
  const values = memory.array(first.values.constructor as Float64ArrayConstructor, length * stride);
  let at = 0;
  for (const part of parts) {
    values.set((part.values as Float64Array).subarray(0, part.length * stride), at);
    at += part.length * stride;
  }
  return values;
}

function joinNulls(parts: readonly Data[], length: number): ValidityBuilder {
  const nulls = new ValidityBuilder(length);
  let row = 0;
  for (const part of parts) {
    const validity = Validity.of(part);
    if (validity.complete) row += part.length;
    else for (let i = 0; i < part.length; i++, row++) if (!validity.isValid(i)) nulls.setNull(row);
  }
  return nulls;
}

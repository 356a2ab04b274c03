import { type Data, DataType, type FixedSizeList, makeData, Type, type TypeMap, Vector, vectorFromArray } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { categoryData, float64Data, makeBatch } from './build.ts';
import { KeyInterner } from './key-interner.ts';
import { takeData } from './take.ts';
import { Validity, ValidityBuilder } from './validity.ts';
import { stringView } from './views.ts';

/** One batch of all rows of several batches with the same columns, in order. Throws when `batches` is empty. */
export function concatBatches<T extends TypeMap>(batches: readonly Batch<T>[]): Batch<T> {
  const first = batches[0];
  if (first === undefined) throw new RangeError('concatBatches needs at least one batch: without one the schema is unknown');
  if (batches.length === 1) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0);
  const columns = first.schema.fields.map((field, index) => concatColumn(field.name as never, batches, index));
  return makeBatch(first.schema, columns, rows);
}

function concatColumn<T extends TypeMap>(name: keyof T & string, batches: readonly Batch<T>[], index: number): Data {
  const parts = batches.map((batch) => batch.data.children[index] as Data);
  const type = (parts[0] as Data).type;
  if (DataType.isDictionary(type)) return concatCategories(name, batches);
  if (DataType.isFloat(type) && type.precision === 2) return concatFloat64(parts);
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) return concatBytes(parts);
  return concatLayout(parts);
}

function concatLayout(parts: readonly Data[]): Data {
  return DataType.isFixedSizeList((parts[0] as Data).type) ? concatLists(parts as readonly Data<FixedSizeList>[]) : concatByTaking(parts);
}

/** Lists of one size: their items lie one after the other, so the items are joined. */
function concatLists(parts: readonly Data<FixedSizeList>[]): Data {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const nulls = new ValidityBuilder(length);
  let row = 0;
  for (const part of parts) {
    const validity = Validity.of(part);
    for (let i = 0; i < part.length; i++, row++) if (!validity.isValid(i)) nulls.setNull(row);
  }
  const { type } = parts[0] as Data<FixedSizeList>;
  // An item buffer may be longer than the rows need.
  const items = parts.map((part) => (part.children[0] as Data).slice(0, part.length * type.listSize));
  return makeData({ type, length, child: concatLayout(items), nullCount: nulls.nullCount, nullBitmap: nulls.finish() });
}

function concatFloat64(parts: readonly Data[]): Data {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const values = new Float64Array(length);
  const nulls = new ValidityBuilder(length);
  let at = 0;
  for (const part of parts) {
    values.set((part.values as Float64Array).subarray(0, part.length), at);
    const validity = Validity.of(part);
    if (!validity.complete) for (let row = 0; row < part.length; row++) if (!validity.isValid(row)) nulls.setNull(at + row);
    at += part.length;
  }
  return float64Data(values, nulls);
}

function concatBytes(parts: readonly Data[]): Data {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const valueOffsets = new Int32Array(length + 1);
  const nulls = new ValidityBuilder(length);
  const bytes: Uint8Array[] = [];
  let row = 0;
  for (const part of parts) {
    const offsets = part.valueOffsets as Int32Array;
    const first = offsets[0] as number;
    const shift = (valueOffsets[row] as number) - first;
    bytes.push((part.values as Uint8Array).subarray(first, offsets[part.length]));
    const validity = Validity.of(part);
    for (let i = 0; i < part.length; i++, row++) {
      valueOffsets[row + 1] = (offsets[i + 1] as number) + shift;
      if (!validity.isValid(i)) nulls.setNull(row);
    }
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

function concatCategories<T extends TypeMap>(name: keyof T & string, batches: readonly Batch<T>[]): Data {
  const interner = new KeyInterner();
  const parts = batches.map((batch) => interner.codes(stringView(batch, name), batch, name));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const codes = new Int32Array(length);
  const nulls = new ValidityBuilder(length);
  let at = 0;
  for (const part of parts) {
    for (const code of part) {
      if (code < 0) nulls.setNull(at);
      else codes[at] = code;
      at++;
    }
  }
  return categoryData(codes, interner.keys, nulls);
}

/** Any layout: each part is re-made without offsets by `takeData`, then the flat buffers are joined through Arrow's own vectors. */
function concatByTaking(parts: readonly Data[]): Data {
  const type = (parts[0] as Data).type;
  const fixed = parts.every((part) => ArrayBuffer.isView(part.values) && part.valueOffsets === undefined && part.children.length === 0);
  if (!fixed || DataType.isBool(type)) {
    const values = parts.flatMap((part) => Array.from(new Vector([part])));
    return vectorFromArray(values as never, type).data[0] as Data;
  }
  return joinFixed(
    parts.map((part) =>
      takeData(
        part,
        Int32Array.from({ length: part.length }, (_, row) => row),
      ),
    ),
  );
}

function joinFixed(parts: readonly Data[]): Data {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = parts.reduce((sum, part) => sum + (part.values as Float64Array).length, 0);
  const first = parts[0] as Data;
  const values = new (first.values.constructor as Float64ArrayConstructor)(size);
  const nulls = new ValidityBuilder(length);
  let at = 0;
  let row = 0;
  for (const part of parts) {
    values.set(part.values as Float64Array, at);
    at += (part.values as Float64Array).length;
    const validity = Validity.of(part);
    for (let i = 0; i < part.length; i++, row++) if (!validity.isValid(i)) nulls.setNull(row);
  }
  return makeData({ type: first.type, length, data: values, nullCount: nulls.nullCount, nullBitmap: nulls.finish() } as never);
}

import { type Data, DataType, Float32, Int8, Int16, Int32, Int64, makeData, Uint8, Uint16, Uint32 } from 'apache-arrow';
import { float64Data, numbersToInt64, utf8Data, ValidityBuilder } from '../../columnar/index.ts';
import { categoriesOf } from '../rows/held-rows.ts';

/** A key as operators keep it. */
export type Key = string | number | null;

const FLOAT32 = new Float32();
const INT64 = new Int64();
const INTEGERS = {
  Int8: new Int8(),
  Int16: new Int16(),
  Int32: new Int32(),
  Uint8: new Uint8(),
  Uint16: new Uint16(),
  Uint32: new Uint32(),
} as const;

/** The type of a key column as a word that a snapshot can hold. */
export function keyKind(type: DataType): string {
  return DataType.isDictionary(type) ? 'category' : String(type);
}

/** A column of keys of the kind that the stream had them in. */
export function keyData(kind: string, keys: readonly Key[]): Data {
  if (kind === 'category') return categoriesOf(keys as (string | null)[]);
  if (kind === 'Utf8') return utf8Data(keys as (string | null)[]);
  const nulls = new ValidityBuilder(keys.length);
  const numbers = Float64Array.from(keys, (key, row) => {
    if (key === null) nulls.setNull(row);
    return key === null ? 0 : Number(key);
  });
  return numberKeyData(kind, numbers, nulls);
}

/** A column of keys that are numbers, which it takes over. */
export function numberKeyData(kind: string, numbers: Float64Array, nulls: ValidityBuilder): Data {
  if (kind === 'Float64') return float64Data(numbers, nulls);
  const parts = { length: numbers.length, nullCount: nulls.nullCount, nullBitmap: nulls.finish() };
  if (kind === 'Int64') return makeData({ type: INT64, data: numbersToInt64(numbers), ...parts });
  const type = INTEGERS[kind as keyof typeof INTEGERS] ?? FLOAT32;
  return makeData({ type, data: new type.ArrayType(numbers), ...parts } as never);
}

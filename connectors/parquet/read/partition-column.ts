import { type Data, DataType, makeData, Type } from 'apache-arrow';
import {
  booleanData,
  categoryData,
  float32Data,
  float64Data,
  int32Data,
  timestampData,
  utf8Data,
  ValidityBuilder,
} from '../../../columnar/index.ts';
import type { ColumnRange } from '../format/column-range.ts';

/** What Hive writes as the folder's value for null. */
export const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';

/** The range of a partition column's one value, to compare filters with. */
export function partitionRange(text: string, type: DataType): ColumnRange {
  if (text === NULL_PARTITION) return { minimum: undefined, maximum: undefined, allNull: true };
  const isText = DataType.isDictionary(type) || type.typeId === Type.Utf8;
  const value = isText
    ? text
    : DataType.isBool(type)
      ? Number(text === 'true')
      : DataType.isTimestamp(type)
        ? instantOf(text)
        : Number(text);
  return { minimum: value, maximum: value, allNull: false };
}

/**
 * A column of one row that holds the value of a Hive partition folder (`year=2024`) as `type`; undefined when the text is no such value.
 */
export function partitionValue(text: string, type: DataType): Data | undefined {
  const isNull = text === NULL_PARTITION;
  const nulls = new ValidityBuilder(1);
  if (isNull) nulls.setNull(0);
  if (DataType.isDictionary(type)) return categoryData(Int32Array.of(0), isNull ? [] : [text], nulls);
  if (type.typeId === Type.Utf8) return utf8Data([isNull ? null : text]);
  if (DataType.isBool(type)) return isNull || text === 'true' || text === 'false' ? booleanData([text === 'true'], nulls) : undefined;
  if (DataType.isTimestamp(type)) return numeric(isNull ? 0 : instantOf(text), (value) => timestampData([value], nulls));
  const value = isNull ? 0 : text.trim() === '' ? Number.NaN : Number(text);
  if (DataType.isFloat(type))
    return numeric(value, () =>
      type.precision === 1 ? float32Data(Float32Array.of(value), nulls) : float64Data(Float64Array.of(value), nulls),
    );
  if (!DataType.isInt(type) || !Number.isInteger(value)) return undefined;
  if (type.bitWidth === 32 && type.isSigned) return int32Data(Int32Array.of(value), nulls);
  const values = type.bitWidth === 64 ? BigInt64Array.of(BigInt(isNull ? '0' : text)) : Int32Array.of(value);
  const parts = { nullCount: nulls.nullCount, nullBitmap: nulls.finish() };
  return makeData({ type, length: 1, ...parts, data: new type.ArrayType(values as never) } as never);
}

const numeric = (value: number, make: (value: number) => Data): Data | undefined => (Number.isNaN(value) ? undefined : make(value));

/** Milliseconds of `2024-03-01`, `2024-03-01 12:00:00`, ISO 8601 or a whole number of milliseconds; UTC unless it says otherwise. */
export function instantOf(text: string): number {
  if (/^-?\d{5,}$/.test(text)) return Number(text);
  const iso = text.replace(' ', 'T');
  return Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
}

import { type Data, DataType, DateUnit, type Int, makeData, Type } from 'apache-arrow';
import { booleanData, categoryData, timestampData, utf8Data, ValidityBuilder } from '../../../columnar/index.ts';
import type { Bound, ColumnRange } from '../format/column-range.ts';

/** What Hive writes as the folder's value for null. */
export const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__';

/** The range of a partition column's one value, to compare filters with. */
export function partitionRange(text: string, type: DataType): ColumnRange {
  if (text === NULL_PARTITION) return { minimum: undefined, maximum: undefined, allNull: true };
  const value = rangeValue(text, type);
  return { minimum: value, maximum: value, allNull: false };
}

function rangeValue(text: string, type: DataType): Bound {
  if (DataType.isDictionary(type) || type.typeId === Type.Utf8) return text;
  if (DataType.isBool(type)) return Number(text === 'true');
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return instantOf(text);
  const number = Number(text);
  return DataType.isInt(type) && !Number.isSafeInteger(number) && isWhole(text) ? BigInt(text) : number;
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
  if (DataType.isInt(type)) return integer(isNull ? '0' : text, type, nulls);
  const values = fixedWidth(isNull ? '0' : text, type);
  return values && makeData({ type, length: 1, ...bitmapOf(nulls), data: values } as never);
}

/** Dates and floating-point numbers as they are stored. */
function fixedWidth(text: string, type: DataType): Float64Array | Float32Array | Int32Array | undefined {
  if (DataType.isDate(type) && type.unit === DateUnit.DAY) {
    const days = (text === '0' ? 0 : instantOf(text)) / 86_400_000;
    return Number.isInteger(days) ? Int32Array.of(days) : undefined;
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!DataType.isFloat(type) || type.precision === 0 || (Number.isNaN(value) && text !== 'NaN')) return undefined;
  return type.precision === 1 ? Float32Array.of(value) : Float64Array.of(value);
}

const isWhole = (text: string): boolean => /^[+-]?\d+$/.test(text.trim());

function integer(text: string, type: Int, nulls: ValidityBuilder): Data | undefined {
  if (!isWhole(text)) return undefined;
  const value = BigInt(text.trim().replace(/^\+/, ''));
  const kept = type.isSigned ? BigInt.asIntN(type.bitWidth, value) : BigInt.asUintN(type.bitWidth, value);
  if (kept !== value) return undefined;
  const values = new type.ArrayType(1);
  values[0] = (type.bitWidth === 64 ? value : Number(value)) as never;
  return makeData({ type, length: 1, ...bitmapOf(nulls), data: values } as never);
}

const bitmapOf = (nulls: ValidityBuilder) => ({ nullCount: nulls.nullCount, nullBitmap: nulls.finish() });

const numeric = (value: number, make: (value: number) => Data): Data | undefined => (Number.isNaN(value) ? undefined : make(value));

/** Milliseconds of `2024-03-01`, `2024-03-01 12:00:00`, ISO 8601 or a whole number of milliseconds; UTC unless it says otherwise. */
export function instantOf(text: string): number {
  if (/^-?\d{5,}$/.test(text)) return Number(text);
  const iso = text.replace(' ', 'T');
  return Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
}

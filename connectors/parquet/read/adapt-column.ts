import { Binary, type Data, DataType, DateUnit, makeData, Type, Utf8, Vector, vectorFromArray } from 'apache-arrow';
import {
  category,
  categoryData,
  int64ToNumbers,
  numbersToInt64,
  takeData,
  timestampsToMilliseconds,
  utf8Data,
} from '../../../columnar/index.ts';
import { dictionaryEncode } from './dictionary-encode.ts';

/** Turns a column of the file into one of the schema's type. The column is fresh from the decoder: its offset is 0. */
export type ColumnAdapter = (data: Data) => Data;

const same: ColumnAdapter = (data) => data;

/**
 * How a file's column becomes a column of the wanted type; undefined when it cannot. Allowed is what loses nothing (wider numbers, other layouts of
 * strings and bytes, dictionary or not) and what Millrace's instants ask for: any timestamp or date to milliseconds UTC, rounded down; decimals to float64.
 */
export function columnAdapter(from: DataType, to: DataType): ColumnAdapter | undefined {
  if (DataType.isDictionary(to) && to.dictionary.typeId === Type.Utf8) return toCategory(from);
  if (to.typeId === Type.Utf8) return toUtf8(from);
  if (DataType.isDictionary(from)) return toEntries(from.dictionary, to);
  if (DataType.isTimestamp(to)) return toTimestamp(from, to);
  if (to.typeId === Type.Binary) return toBinary(from);
  if (String(from) === String(to)) return same;
  return toWiderNumber(from, to);
}

/** The type in which a column is read when no schema asks for another: layouts that views know, every value kept. */
export function naturalType(type: DataType): DataType {
  if (DataType.isDictionary(type)) return toUtf8(type.dictionary) === undefined ? naturalType(type.dictionary) : category().type;
  if (type.typeId === Type.LargeUtf8 || DataType.isUtf8View(type)) return new Utf8();
  if (type.typeId === Type.LargeBinary || DataType.isBinaryView(type)) return new Binary();
  return type;
}

const nulls = (data: Data) => ({
  length: data.length,
  nullCount: data.nullCount,
  nullBitmap: data.nullCount > 0 ? data.nullBitmap : undefined,
});

function toCategory(from: DataType): ColumnAdapter | undefined {
  if (!DataType.isDictionary(from)) {
    const plain = toUtf8(from);
    return plain && ((data) => dictionaryEncode(plain(data) as Data<Utf8>));
  }
  const plain = toUtf8(from.dictionary);
  return plain && ((data) => recode(data, plain));
}

function recode(data: Data, plain: ColumnAdapter): Data {
  const entries = new Vector((data.dictionary?.data ?? []).map(plain)) as Vector<Utf8>;
  const codes = data.values instanceof Int32Array ? data.values : Int32Array.from(data.values as ArrayLike<number>, Number);
  const { length, ...parts } = nulls(data);
  return categoryData(codes.subarray(0, length), entries, { nullCount: parts.nullCount, finish: () => parts.nullBitmap });
}

function toUtf8(from: DataType): ColumnAdapter | undefined {
  if (from.typeId === Type.Utf8) return same;
  if (from.typeId === Type.LargeUtf8)
    return (data) => makeData({ type: new Utf8(), ...nulls(data), data: data.values, valueOffsets: smallOffsets(data) } as never);
  if (DataType.isUtf8View(from)) return (data) => utf8Data([...new Vector([data])] as (string | null)[]);
  if (!DataType.isDictionary(from)) return undefined;
  const plain = toUtf8(from.dictionary);
  return plain && ((data) => expand(data, plain));
}

/** One string per row out of a dictionary column. */
function expand(data: Data, plain: ColumnAdapter): Data {
  const entries = plain((data.dictionary as Vector).data[0] as Data) as Data<Utf8>;
  const codes = data.values as Int32Array;
  const valueOffsets = new Int32Array(data.length + 1);
  const isNull = (row: number) => data.nullCount > 0 && !data.getValid(row);
  const lengthOf = (code: number) => (entries.valueOffsets[code + 1] as number) - (entries.valueOffsets[code] as number);
  for (let row = 0; row < data.length; row++)
    valueOffsets[row + 1] = (valueOffsets[row] as number) + (isNull(row) ? 0 : lengthOf(Number(codes[row])));
  const bytes = new Uint8Array(valueOffsets[data.length] as number);
  for (let row = 0; row < data.length; row++) {
    const code = Number(codes[row]);
    if (!isNull(row)) bytes.set(entries.values.subarray(entries.valueOffsets[code], entries.valueOffsets[code + 1]), valueOffsets[row]);
  }
  return makeData({ type: new Utf8(), ...nulls(data), valueOffsets, data: bytes });
}

/** One value per row out of a dictionary column of anything but strings. */
function toEntries(from: DataType, to: DataType): ColumnAdapter | undefined {
  const plain = columnAdapter(from, to);
  return (
    plain &&
    ((data) => {
      const codes = Int32Array.from(data.values as ArrayLike<number>, Number).subarray(0, data.length);
      if (data.nullCount > 0) for (let row = 0; row < codes.length; row++) if (!data.getValid(row)) codes[row] = -1;
      return takeData(plain((data.dictionary as Vector).data[0] as Data), codes);
    })
  );
}

function smallOffsets(data: Data): Int32Array {
  return Int32Array.from(int64ToNumbers(data.valueOffsets as unknown as BigInt64Array, data.length + 1));
}

function toBinary(from: DataType): ColumnAdapter | undefined {
  const type = new Binary();
  if (from.typeId === Type.Binary) return same;
  if (from.typeId === Type.LargeBinary)
    return (data) => makeData({ type, ...nulls(data), data: data.values, valueOffsets: smallOffsets(data) } as never);
  if (DataType.isBinaryView(from)) return (data) => vectorFromArray([...new Vector([data])] as Uint8Array[], type).data[0] as Data;
  if (!DataType.isFixedSizeBinary(from)) return undefined;
  return (data) => {
    const valueOffsets = Int32Array.from({ length: data.length + 1 }, (_, row) => row * from.byteWidth);
    return makeData({ type, ...nulls(data), data: data.values, valueOffsets } as never);
  };
}

const DAY = 86_400_000;

function toTimestamp(from: DataType, to: DataType): ColumnAdapter | undefined {
  if (String(from) === String(to)) return same;
  if ((to as { unit?: number }).unit !== 1) return undefined;
  if (DataType.isTimestamp(from) && from.unit === 1) return (data) => data.clone(to);
  if (DataType.isTimestamp(from))
    return instants(to, (data) => timestampsToMilliseconds(data.values as BigInt64Array, data.length, from.unit));
  if (!DataType.isDate(from)) return undefined;
  if (from.unit === DateUnit.MILLISECOND) return (data) => data.clone(to);
  return instants(to, (data) => Float64Array.from(data.values as unknown as Int32Array, (days) => days * DAY));
}

const instants =
  (type: DataType, milliseconds: (data: Data) => Float64Array): ColumnAdapter =>
  (data) =>
    makeData({ type, ...nulls(data), data: numbersToInt64(milliseconds(data)) } as never);

function toWiderNumber(from: DataType, to: DataType): ColumnAdapter | undefined {
  const numbers = numbersOf(from);
  if (numbers === undefined) return undefined;
  if (DataType.isFloat(to)) {
    if (to.precision === 2) return (data) => makeData({ type: to, ...nulls(data), data: Float64Array.from(numbers(data)) } as never);
    const exact = to.precision === 1 && DataType.isInt(from) && from.bitWidth <= 16;
    return exact ? (data) => makeData({ type: to, ...nulls(data), data: Float32Array.from(numbers(data)) } as never) : undefined;
  }
  if (!DataType.isInt(to) || !DataType.isInt(from) || !fits(from, to)) return undefined;
  if (to.bitWidth === 64) return (data) => makeData({ type: to, ...nulls(data), data: wide(numbers(data), to.isSigned) } as never);
  const Values = to.ArrayType as Int32ArrayConstructor;
  return (data) => makeData({ type: to, ...nulls(data), data: Values.from(numbers(data)) } as never);
}

const wide = (numbers: ArrayLike<number>, signed: boolean) => {
  const values = numbersToInt64(numbers);
  return signed ? values : new BigUint64Array(values.buffer);
};

function fits(from: { bitWidth: number; isSigned: boolean }, to: { bitWidth: number; isSigned: boolean }): boolean {
  if (from.isSigned === to.isSigned) return from.bitWidth <= to.bitWidth;
  return to.isSigned && from.bitWidth < to.bitWidth;
}

/** The values of a numeric column as numbers: exact, but for 64-bit integers beyond 2^53 and decimals, which become the nearest float64. */
function numbersOf(from: DataType): ((data: Data) => ArrayLike<number> & Iterable<number>) | undefined {
  if (DataType.isFloat(from)) return from.precision === 0 ? halfFloats : (data) => data.values as Float64Array;
  if (DataType.isInt(from) && from.bitWidth < 64) return (data) => data.values as Int32Array;
  if (DataType.isInt(from)) return (data) => Float64Array.from(data.values as BigInt64Array as never, Number);
  if (DataType.isDecimal(from)) return (data) => decimals(data, from.scale);
  return undefined;
}

function halfFloats(data: Data): Float64Array {
  return Float64Array.from(data.values as Uint16Array, (bits) => {
    const magnitude = bits & 0x7c00 ? ((bits & 0x3ff) / 1024 + 1) * 2 ** (((bits >> 10) & 31) - 15) : ((bits & 0x3ff) / 1024) * 2 ** -14;
    const value = (bits & 0x7c00) === 0x7c00 ? ((bits & 0x3ff) === 0 ? Number.POSITIVE_INFINITY : Number.NaN) : magnitude;
    return bits & 0x8000 ? -value : value;
  });
}

function decimals(data: Data, scale: number): Float64Array {
  const words = data.values as unknown as Uint32Array;
  const stride = words.length / Math.max(1, data.length);
  return Float64Array.from({ length: data.length }, (_, row) => {
    let unscaled = 0n;
    for (let word = stride - 1; word >= 0; word--) unscaled = (unscaled << 32n) | BigInt(words[row * stride + word] as number);
    return Number(`${BigInt.asIntN(stride * 32, unscaled)}e-${scale}`);
  });
}

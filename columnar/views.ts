import { type Data, DataType, Type, type TypeMap, type Vector } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { ColumnError } from './column-error.ts';
import type { ColumnName } from './column-types.ts';
import { Validity } from './validity.ts';

/** A numeric column as one typed array and its validity. `values` of null rows are undefined in meaning, not in memory. */
export interface NumberView {
  readonly values: Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;
  readonly validity: Validity;
  readonly length: number;
}

/** The Arrow data of a column. Throws a {@link ColumnError} that lists the columns there are. */
export function columnData<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>): Data {
  const index = batch.schema.fields.findIndex((field) => field.name === name);
  const data = batch.data.children[index];
  if (data === undefined) {
    throw new ColumnError(`there is no column '${name}'; the columns are ${batch.schema.fields.map((field) => field.name).join(', ')}`);
  }
  return data;
}

/**
 * Views a numeric, boolean-free column. 64-bit integers and timestamps are converted to float64 (exact up to 2^53).
 *
 * @throws ColumnError when the column is missing or not numeric.
 */
export function numberView<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>): NumberView {
  const data = columnData(batch, name);
  return { values: numberValues(data, name), validity: Validity.of(data), length: data.length };
}

function numberValues(data: Data, name: string): NumberView['values'] {
  const { type } = data;
  if (DataType.isFloat(type) && type.precision !== 0) return data.values as Float64Array;
  if (DataType.isInt(type) && type.bitWidth < 64) return data.values as Int32Array;
  if (DataType.isInt(type) || DataType.isTimestamp(type) || DataType.isDuration(type))
    return int64ToNumbers(data.values as BigInt64Array, data.length);
  throw new ColumnError(`column '${name}' is ${type}, not a number`);
}

/** int64 values as float64, by halves: reading BigInts one by one is 10 times slower. `numbers`: memory of that length to use. */
export function int64ToNumbers(
  values: BigInt64Array | BigUint64Array,
  length: number,
  numbers: Float64Array = new Float64Array(length),
): Float64Array {
  const halves = new Int32Array(values.buffer, values.byteOffset, length * 2);
  for (let row = 0; row < length; row++) {
    numbers[row] = (halves[2 * row + 1] as number) * 4294967296 + ((halves[2 * row] as number) >>> 0);
  }
  return numbers;
}

/** float64 integers as int64 values; the inverse of {@link int64ToNumbers}. */
export function numbersToInt64(numbers: ArrayLike<number>, length = numbers.length): BigInt64Array {
  const values = new BigInt64Array(length);
  const halves = new Int32Array(values.buffer);
  for (let row = 0; row < length; row++) {
    const value = numbers[row] as number;
    const high = Math.floor(value / 4294967296);
    halves[2 * row] = value - high * 4294967296;
    halves[2 * row + 1] = high;
  }
  return values;
}

/** A string column read row by row; dictionary values are decoded once per batch. */
export interface StringView {
  readonly length: number;
  /** The string of a row, or null. */
  get(row: number): string | null;
}

const decoder = new TextDecoder();

/** Views a plain or dictionary-encoded string column. */
export function stringView<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>): StringView {
  return stringsOf(columnData(batch, name), name);
}

function stringsOf(data: Data, name: string): StringView {
  const validity = Validity.of(data);
  if (DataType.isDictionary(data.type)) {
    const dictionary = data.dictionary;
    const codes = data.values as Int32Array;
    const strings = dictionary === undefined ? [] : dictionaryStrings(dictionary);
    return { length: data.length, get: (row) => (validity.isValid(row) ? (strings[codes[row] as number] ?? null) : null) };
  }
  if (data.type.typeId !== Type.Utf8) throw new ColumnError(`column '${name}' is ${data.type}, not a string`);
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  return {
    length: data.length,
    get: (row) => (validity.isValid(row) ? decoder.decode(bytes.subarray(offsets[row] as number, offsets[row + 1] as number)) : null),
  };
}

/** Many batches, and several steps, share one dictionary: it is decoded once. */
const decoded = new WeakMap<Vector, readonly (string | null)[]>();

function dictionaryStrings(dictionary: Vector): readonly (string | null)[] {
  let strings = decoded.get(dictionary);
  if (strings === undefined) {
    strings = dictionary.toJSON() as (string | null)[];
    decoded.set(dictionary, strings);
  }
  return strings;
}

/** A tensor column (fixed-size list of float32) as one flat array, `size` values per row. */
export interface TensorView {
  readonly values: Float32Array;
  readonly size: number;
  readonly validity: Validity;
  readonly length: number;
}

/** Views a tensor column. */
export function tensorView<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>): TensorView {
  const data = columnData(batch, name);
  if (!DataType.isFixedSizeList(data.type)) throw new ColumnError(`column '${name}' is ${data.type}, not a tensor`);
  const size = data.type.listSize;
  const items = (data.children[0] as Data).values as Float32Array;
  // Slicing a fixed-size list slices its child too, so the child's first value is this slice's first.
  return { values: items.subarray(0, data.length * size), size, validity: Validity.of(data), length: data.length };
}

/** A boolean column as one byte per row (0 or 1). */
export function booleanView<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>): NumberView {
  const data = columnData(batch, name);
  if (!DataType.isBool(data.type)) throw new ColumnError(`column '${name}' is ${data.type}, not a boolean`);
  const bits = data.values as Uint8Array;
  const values = new Uint8Array(data.length);
  for (let row = 0; row < data.length; row++) {
    const bit = row + data.offset;
    values[row] = ((bits[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return { values, validity: Validity.of(data), length: data.length };
}

/**
 * The instants of a timestamp column in milliseconds since the epoch; NaN where null.
 *
 * @param memory of at least that length, for callers that keep nothing beyond the batch: it is overwritten
 */
export function instantsOf<T extends TypeMap>(batch: Batch<T>, name: ColumnName<T>, memory?: Float64Array): Float64Array {
  const data = columnData(batch, name);
  if (!DataType.isTimestamp(data.type)) throw new ColumnError(`column '${name}' is ${data.type}, not a timestamp`);
  const instants = timestampsToMilliseconds(
    data.values as BigInt64Array,
    data.length,
    data.type.unit,
    memory?.subarray(0, data.length) ?? new Float64Array(data.length),
  );
  const validity = Validity.of(data);
  if (!validity.complete) for (let row = 0; row < instants.length; row++) if (!validity.isValid(row)) instants[row] = Number.NaN;
  return instants;
}

/** Units of a timestamp in a millisecond, by Arrow's number of the unit: seconds, ms, us, ns. */
const UNITS_PER_MILLISECOND = [0, 1, 1_000, 1_000_000];

/** Timestamps of any unit in ms, rounded down; exactly, by halves, because nanoseconds exceed 2^53. */
export function timestampsToMilliseconds(
  values: BigInt64Array,
  length: number,
  unit: number,
  instants: Float64Array = new Float64Array(length),
): Float64Array {
  const divisor = UNITS_PER_MILLISECOND[unit] as number;
  if (divisor <= 1) {
    int64ToNumbers(values, length, instants);
    if (divisor === 0) for (let row = 0; row < length; row++) instants[row] = (instants[row] as number) * 1_000;
    return instants;
  }
  const halves = new Int32Array(values.buffer, values.byteOffset, length * 2);
  for (let row = 0; row < length; row++) {
    const high = Math.floor((halves[2 * row + 1] as number) / divisor);
    const rest = ((halves[2 * row + 1] as number) - high * divisor) * 4294967296 + ((halves[2 * row] as number) >>> 0);
    instants[row] = high * 4294967296 + Math.floor(rest / divisor);
  }
  return instants;
}

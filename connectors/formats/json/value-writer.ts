import { type Data, DataType, Type, type Utf8, type Vector } from 'apache-arrow';
import { type Batch, booleanView, instantsOf, Validity } from '../../../columnar/index.ts';
import { writeAscii, writeInteger, writeJsonString } from './write-text.ts';

/** Writes the values of one column of one batch as JSON. */
export interface ValueWriter {
  /** Most bytes that the value of a row can take. */
  room(row: number): number;
  /** Writes the value, `null` where there is none; returns the position after it. */
  write(row: number, out: Uint8Array, at: number): number;
}

/** A float64 takes at most 24 characters, an int64 20, an instant 29. */
const SCALAR_ROOM = 32;
const SCALAR = () => SCALAR_ROOM;

/** The writer for a column; undefined when JSON has no form for its type. */
export function valueWriter(batch: Batch, column: number, timestamps: 'epoch' | 'iso'): ValueWriter | undefined {
  const data = batch.data.children[column] as Data;
  const name = batch.schema.fields[column]?.name as string;
  const { type } = data;
  if (DataType.isFloat(type) && type.precision > 0) return floatWriter(data, type.precision === 1);
  if (DataType.isInt(type)) return type.bitWidth === 64 ? int64Writer(data, type.isSigned) : integerWriter(data);
  if (DataType.isTimestamp(type)) return instantWriter(instantsOf(batch, name), timestamps);
  if (DataType.isBool(type)) return booleanWriter(batch, name);
  if (type.typeId === Type.Utf8) return textWriter(data);
  if (type.typeId === Type.Binary) return base64Writer(data);
  if (DataType.isFixedSizeList(type)) return listWriter(data, type.listSize);
  if (DataType.isDictionary(type)) return categoryWriter(data);
  return undefined;
}

const writeNull = (out: Uint8Array, at: number) => writeAscii('null', out, at);

function writeNumber(value: number, single: boolean, out: Uint8Array, position: number): number {
  if (value - value !== 0) return writeNull(out, position);
  if (Number.isInteger(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
    let at = position;
    if (value < 0 || Object.is(value, -0)) out[at++] = 0x2d;
    return writeInteger(Math.abs(value), out, at);
  }
  return writeAscii(single ? shortestSingle(value) : String(value), out, position);
}

/** Of float32: 2^-126. */
const SMALLEST_NORMAL = 1.1754943508222875e-38;

/** The shortest decimal that rounds to the same float32. */
function shortestSingle(value: number): string {
  // Below the normal numbers fewer than six digits may do.
  for (let digits = Math.abs(value) < SMALLEST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function floatWriter(data: Data, single: boolean): ValueWriter {
  const values = data.values as Float64Array;
  const validity = Validity.of(data);
  return {
    room: SCALAR,
    write: (row, out, at) => (validity.isValid(row) ? writeNumber(values[row] as number, single, out, at) : writeNull(out, at)),
  };
}

function integerWriter(data: Data): ValueWriter {
  return floatWriter(data, false);
}

function int64Writer(data: Data, signed: boolean): ValueWriter {
  const values = data.values as BigInt64Array;
  const halves = new Int32Array(values.buffer, values.byteOffset, data.length * 2);
  const validity = Validity.of(data);
  const write = (row: number, out: Uint8Array, at: number) => {
    const high = halves[2 * row + 1] as number;
    // Up to 2^52 the halves make an exact float64; BigInts are ten times slower.
    if (high >= 0 && high < 0x100000) return writeInteger(high * 4294967296 + ((halves[2 * row] as number) >>> 0), out, at);
    return writeAscii(String(signed ? values[row] : BigInt.asUintN(64, values[row] as bigint)), out, at);
  };
  return { room: SCALAR, write: (row, out, at) => (validity.isValid(row) ? write(row, out, at) : writeNull(out, at)) };
}

function instantWriter(instants: Float64Array, timestamps: 'epoch' | 'iso'): ValueWriter {
  const write = (instant: number, out: Uint8Array, at: number) =>
    timestamps === 'epoch' ? writeNumber(instant, false, out, at) : writeAscii(`"${new Date(instant).toISOString()}"`, out, at);
  return {
    room: SCALAR,
    write: (row, out, at) => (Number.isNaN(instants[row]) ? writeNull(out, at) : write(instants[row] as number, out, at)),
  };
}

/** A tensor: its values in a list. */
function listWriter(data: Data, size: number): ValueWriter | undefined {
  const child = data.children[0] as Data | undefined;
  if (child !== undefined && !(DataType.isFloat(child.type) && child.type.precision === 1)) return undefined;
  const values = (child?.values ?? []) as Float32Array;
  const validity = Validity.of(data);
  const writeItems = (row: number, out: Uint8Array, position: number) => {
    let at = position;
    for (let item = 0; item < size; item++) {
      out[at++] = item === 0 ? 0x5b : 0x2c;
      at = writeNumber(values[row * size + item] as number, true, out, at);
    }
    if (size === 0) out[at++] = 0x5b;
    out[at++] = 0x5d;
    return at;
  };
  return {
    room: () => size * SCALAR_ROOM + SCALAR_ROOM,
    write: (row, out, at) => (validity.isValid(row) ? writeItems(row, out, at) : writeNull(out, at)),
  };
}

function booleanWriter(batch: Batch, name: string): ValueWriter {
  const { values, validity } = booleanView(batch as Batch<Record<string, DataType>>, name);
  return {
    room: SCALAR,
    write: (row, out, at) => writeAscii(validity.isValid(row) ? (values[row] === 1 ? 'true' : 'false') : 'null', out, at),
  };
}

function textWriter(data: Data): ValueWriter {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  const validity = Validity.of(data);
  return {
    room: (row) => ((offsets[row + 1] as number) - (offsets[row] as number)) * 6 + SCALAR_ROOM,
    write: (row, out, at) =>
      validity.isValid(row) ? writeJsonString(bytes, offsets[row] as number, offsets[row + 1] as number, out, at) : writeNull(out, at),
  };
}

function base64Writer(data: Data): ValueWriter {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  const validity = Validity.of(data);
  const text = (row: number) => Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString('base64');
  return {
    room: (row) => ((offsets[row + 1] as number) - (offsets[row] as number)) * 2 + SCALAR_ROOM,
    write: (row, out, at) => (validity.isValid(row) ? writeAscii(`"${text(row)}"`, out, at) : writeNull(out, at)),
  };
}

const encoder = new TextEncoder();
const literals = new WeakMap<Vector<Utf8>, readonly Uint8Array[]>();

/** Each entry of a dictionary is written once; batches that share the dictionary share the literals. */
export function literalsOf(dictionary: Vector<Utf8>): readonly Uint8Array[] {
  let known = literals.get(dictionary);
  if (known === undefined) {
    known = Array.from(dictionary, (entry) => encoder.encode(entry === null ? 'null' : JSON.stringify(entry)));
    literals.set(dictionary, known);
  }
  return known;
}

function categoryWriter(data: Data): ValueWriter | undefined {
  if ((data.type as { dictionary?: DataType }).dictionary?.typeId !== Type.Utf8) return undefined;
  const entries = data.dictionary === undefined ? [] : literalsOf(data.dictionary as Vector<Utf8>);
  const codes = data.values as Int32Array;
  const validity = Validity.of(data);
  return {
    room: (row) => (validity.isValid(row) ? (entries[codes[row] as number]?.length ?? 4) : 4),
    write: (row, out, at) => {
      const literal = validity.isValid(row) ? entries[codes[row] as number] : undefined;
      if (literal === undefined) return writeNull(out, at);
      for (let i = 0; i < literal.length; i++) out[at + i] = literal[i] as number;
      return at + literal.length;
    },
  };
}

import { isUtf8 } from 'node:buffer';
import { type Data, DataType } from 'apache-arrow';
import { Validity } from '../../../columnar/index.ts';

/** Why a batch does not fit the schema. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

/** Last instant of an ECMAScript date, ms. */
const LAST_INSTANT = 8.64e15;
const PER_MILLISECOND = [0.001, 1, 1_000, 1_000_000];

/**
 * Checks what a column's values say of themselves, so that no operator meets what it could not read: buffers long enough, strings UTF-8, codes within their dictionary,
 * instants within the calendar.
 *
 * @throws Mismatch
 */
export function checkColumn(data: Data, name: string): void {
  checkBuffers(data, name);
  if (DataType.isDictionary(data.type)) {
    if (data.dictionary === undefined) throw new Mismatch(`column '${name}' lacks its dictionary`);
    for (const part of data.dictionary.data) checkColumn(part, name);
    checkCodes(data, data.dictionary.length, name);
  }
  if (DataType.isUtf8(data.type) && !isUtf8(textOf(data))) throw new Mismatch(`column '${name}': invalid UTF-8`);
  if (DataType.isTimestamp(data.type)) checkInstants(data, name);
}

function textOf(data: Data): Uint8Array {
  const offsets = data.valueOffsets as Int32Array;
  return (data.values as Uint8Array).subarray(offsets[0] as number, offsets[data.length] as number);
}

function checkCodes(data: Data, entries: number, name: string): void {
  const codes = data.values as Int32Array;
  const validity = Validity.of(data);
  for (let row = 0; row < data.length; row++) {
    const code = Number(codes[row]);
    if (validity.isValid(row) && !(code >= 0 && code < entries)) throw new Mismatch(`column '${name}' has codes beyond its dictionary`);
  }
}

function checkInstants(data: Data, name: string): void {
  const last = LAST_INSTANT * (PER_MILLISECOND[(data.type as DataType & { unit: number }).unit] as number);
  const values = data.values as BigInt64Array;
  const validity = Validity.of(data);
  const halves = new Int32Array(values.buffer, values.byteOffset, data.length * 2);
  for (let row = 0; row < data.length; row++) {
    const value = (halves[2 * row + 1] as number) * 4294967296 + ((halves[2 * row] as number) >>> 0);
    if (validity.isValid(row) && Math.abs(value) > last) throw new Mismatch(`column '${name}' has instants beyond the calendar`);
  }
}

/** Buffers shorter than the length says would be read past their end later, as undefined. */
function checkBuffers(data: Data, name: string): void {
  const offsets = data.valueOffsets as Int32Array | undefined;
  if (offsets !== undefined && !ascends(offsets, data.length, (data.values as Uint8Array | undefined)?.length)) {
    throw new Mismatch(`column '${name}' has broken offsets`);
  }
  const { values } = data as { values?: ArrayLike<unknown> };
  const needed = DataType.isBool(data.type) ? Math.ceil(data.length / 8) : data.length;
  const short = offsets === undefined && values !== undefined && data.children.length === 0 && values.length < needed;
  const bitmap = data.nullCount > 0 && data.nullBitmap.length * 8 < data.length;
  const list = DataType.isFixedSizeList(data.type) && (data.children[0] as Data).length < data.length * data.type.listSize;
  for (const child of data.children) checkBuffers(child, name);
  if (short || bitmap || list) throw new Mismatch(`column '${name}' has too few bytes for ${data.length} rows`);
}

function ascends(offsets: Int32Array, length: number, end: number | undefined): boolean {
  if (offsets.length < length + 1 || (offsets[0] as number) < 0) return false;
  for (let i = 0; i < length; i++) if ((offsets[i + 1] as number) < (offsets[i] as number)) return false;
  return end === undefined || (offsets[length] as number) <= end;
}

import { parseHttpDate, parseInstant, parseNumber, shorten } from '../values/index.ts';
import { BooleanColumn } from './boolean-column.ts';
import { Int64Column } from './int64-column.ts';
import { NumberColumn } from './number-column.ts';
import type { ColumnBuilder } from './row-columns.ts';
import { TensorColumn } from './tensor-column.ts';

/**
 * Sets a row of any column from text, as CSV and log lines give it: numbers in decimal, `true`, `false`, `1` and `0`, instants in ISO 8601, as web servers
 * write them or in ms since the epoch, bytes in base64. False when the text does not fit the column.
 */
export function putText(builder: ColumnBuilder, row: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (builder instanceof NumberColumn) return builder.put(row, numberOf(builder, bytes, start, end));
  if (builder instanceof Int64Column) return putInteger(builder, row, bytes, start, end);
  if (builder instanceof BooleanColumn) return putBoolean(builder, row, bytes, start, end);
  if (builder instanceof TensorColumn) return false;
  if (builder.kind !== 'binary') {
    builder.put(row, bytes, start, end);
    return true;
  }
  const raw = bytesOfBase64(latin1(bytes, start, end));
  if (raw === undefined) return false;
  builder.put(row, raw, 0, raw.length);
  return true;
}

const latin1 = (bytes: Uint8Array, start: number, end: number) =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

function numberOf(builder: NumberColumn, bytes: Uint8Array, start: number, end: number): number {
  if (builder.kind !== 'timestamp') return parseNumber(bytes, start, end);
  const instant = parseInstant(bytes, start, end);
  if (!Number.isNaN(instant)) return instant;
  const served = parseHttpDate(bytes, start, end);
  return Number.isNaN(served) ? parseNumber(bytes, start, end) : served;
}

function putInteger(builder: Int64Column, row: number, bytes: Uint8Array, start: number, end: number): boolean {
  return builder.put(row, parseNumber(bytes, start, end)) || builder.putDigits(row, latin1(bytes, start, end));
}

function putBoolean(builder: BooleanColumn, row: number, bytes: Uint8Array, start: number, end: number): boolean {
  const text = end - start > 5 ? '' : latin1(bytes, start, end).toLowerCase();
  const value = text === 'true' || text === '1';
  if (!value && text !== 'false' && text !== '0') return false;
  builder.put(row, value);
  return true;
}

/** The bytes that base64 text stands for; undefined when it is none. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  const valid = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return valid ? Buffer.from(text, 'base64') : undefined;
}

/** What a column takes, for messages. */
export const EXPECTED: Readonly<Record<ColumnBuilder['kind'], string>> = {
  float64: 'a float64 number',
  float32: 'a float32 number',
  int32: 'a 32-bit integer',
  int64: 'a 64-bit integer',
  timestamp: 'an instant (ms since 1970 or ISO 8601)',
  boolean: 'true or false',
  text: 'a string',
  category: 'a string',
  binary: 'a base64 string',
  tensor: 'a list of as many float32 numbers as the column holds',
};

const decoder = new TextDecoder();

/** One clause for a field that does not fit its column. */
export function misfit(name: string, builder: ColumnBuilder, bytes: Uint8Array, start: number, end: number): string {
  return `column '${name}': expected ${EXPECTED[builder.kind]}, found ${shorten(decoder.decode(bytes.subarray(start, Math.min(end, start + 80))))}`;
}

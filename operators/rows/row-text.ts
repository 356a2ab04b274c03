import { Vector } from 'apache-arrow';
import type { Batch } from '../../columnar/index.ts';

/** One row as JSON, for rejects and messages: instants as ISO 8601, 64-bit integers as digits, bytes and lists as arrays. */
export function rowText(batch: Batch, row: number): string {
  const entries = batch.schema.fields.map((field, index) => {
    const data = batch.data.children[index];
    const value: unknown = data === undefined ? null : new Vector([data]).get(row);
    return [field.name, plain(value, String(field.type))];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

function plain(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && type.startsWith('Timestamp')) return instantText(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, (item) => plain(item, ''));
  if (value instanceof Vector) return Array.from(value, (item) => plain(item, ''));
  return value;
}

/** An instant in ISO 8601; the number itself where it lies beyond the years that ISO 8601 writes with four digits and JavaScript can hold. */
export function instantText(milliseconds: number): string {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : String(milliseconds);
}

import type { RecordBatch } from 'apache-arrow';
import { DataType, Vector } from 'apache-arrow';

/**
 * One row as JSON text: instants as ISO 8601 with all their digits, 64-bit integers and decimals exact, bytes as base64, NaN and infinities as strings.
 */
export function rowJson(batch: RecordBatch, row: number): string {
  const members = batch.schema.fields.map((field, column) => {
    const values = new Vector([batch.data.children[column] as never]);
    return `${JSON.stringify(field.name)}:${valueJson(values.get(row), field.type, () => rawInteger(values, row))}`;
  });
  return `{${members.join(',')}}`;
}

/** 64-bit values as they are stored: Arrow's `get` rounds timestamps to float64. */
function rawInteger(values: Vector, row: number): bigint | undefined {
  const value = (values.data[0]?.values as BigInt64Array | undefined)?.[row];
  return typeof value === 'bigint' ? value : undefined;
}

function valueJson(value: unknown, type: DataType, integer: () => bigint | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (DataType.isDictionary(type)) return valueJson(value, type.dictionary, () => undefined);
  if (DataType.isTimestamp(type))
    return JSON.stringify(instantText(integer() ?? BigInt(Math.round(Number(value))), integer() === undefined ? 1 : type.unit));
  if (DataType.isDate(type)) return JSON.stringify(new Date(Number(value)).toISOString().slice(0, 10));
  if (DataType.isDecimal(type)) return decimalText(value as Uint32Array, type.scale);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (DataType.isStruct(type) || DataType.isMap(type)) return nestedJson(value as Iterable<[string, unknown]>, type);
  if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
    const items = Array.from(value as Iterable<unknown>, (item) => valueJson(item, type.children[0]?.type as DataType, () => undefined));
    return `[${items.join(',')}]`;
  }
  return JSON.stringify(value);
}

function nestedJson(value: Iterable<[unknown, unknown]>, type: DataType): string {
  const entries = DataType.isMap(type) ? (type.children[0]?.type as DataType) : type;
  const members = Array.from(value, ([name, item], index) => {
    const child = DataType.isMap(type) ? entries.children?.[1] : type.children?.[index];
    return `${JSON.stringify(String(name))}:${valueJson(item, child?.type as DataType, () => undefined)}`;
  });
  return `{${members.join(',')}}`;
}

const UNIT_DIGITS = [0, 3, 6, 9];

/** ISO 8601 with as many digits of the second as the unit has; years outside of 0 to 9999 as the bare integer. */
function instantText(value: bigint, unit: number): string {
  const digits = UNIT_DIGITS[unit] as number;
  const perSecond = 10n ** BigInt(digits);
  const fraction = ((value % perSecond) + perSecond) % perSecond;
  const seconds = (value - fraction) / perSecond;
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return String(value);
  const whole = date.toISOString().slice(0, -5);
  return digits === 0 ? `${whole}Z` : `${whole}.${String(fraction).padStart(digits, '0')}Z`;
}

function decimalText(words: Uint32Array, scale: number): string {
  let unscaled = 0n;
  for (let word = words.length - 1; word >= 0; word--) unscaled = (unscaled << 32n) | BigInt(words[word] as number);
  unscaled = BigInt.asIntN(words.length * 32, unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale <= 0 ? `${sign}${digits}${'0'.repeat(-scale)}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

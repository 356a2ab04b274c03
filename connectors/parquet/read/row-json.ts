import type { RecordBatch } from 'apache-arrow';
import { type Data, DataType, DateUnit, Vector } from 'apache-arrow';

/** Text of the value in a row. */
type CellText = (row: number) => string;

/**
 * Rows of a batch as JSON text: instants as ISO 8601 with all their digits, 64-bit integers and decimals exact, bytes as base64, NaN and infinities as
 * strings; nested values alike. What the columns are is settled once, not per row.
 *
 * @example
 * const text = rowWriter(batch);
 * for (let row = 0; row < batch.numRows; row++) console.log(text(row));
 */
export function rowWriter(batch: RecordBatch): CellText {
  const names = batch.schema.fields.map((field) => field.name as string);
  return objectText(names, batch.data.children);
}

/** One row as JSON text; see {@link rowWriter}. */
export const rowJson = (batch: RecordBatch, row: number): string => rowWriter(batch)(row);

function objectText(names: readonly string[], columns: readonly Data[]): CellText {
  const members = columns.map((data, column) => ({ name: JSON.stringify(names[column]), text: cellText(data) }));
  return (row) => `{${members.map(({ name, text }) => `${name}:${text(row)}`).join(',')}}`;
}

/** The values of one column as JSON text. */
export function cellText(data: Data): CellText {
  if (DataType.isNull(data.type)) return () => 'null';
  const text = nestedText(data) ?? wordText(data) ?? leafText(data);
  return data.nullCount === 0 ? text : (row) => (data.getValid(row) ? text(row) : 'null');
}

function nestedText(data: Data): CellText | undefined {
  const { type, children } = data;
  if (DataType.isDictionary(type)) return codeText(data);
  if (DataType.isStruct(type))
    return objectText(
      type.children.map(({ name }) => name as string),
      children,
    );
  if (DataType.isFixedSizeList(type)) return itemsText(children[0] as Data, (row) => row * type.listSize);
  const { valueOffsets } = data;
  // 64-bit offsets are BigInts.
  const start = (row: number): number => Number(valueOffsets[row]);
  if (DataType.isMap(type)) return entriesText(children[0] as Data, start);
  return children.length === 1 ? itemsText(children[0] as Data, start) : undefined;
}

function codeText({ values, dictionary }: Data): CellText {
  const parts = (dictionary as Vector).data.map((part) => ({ length: part.length, text: cellText(part) }));
  return (row) => {
    let code = Number(values[row]);
    for (const { length, text } of parts) {
      if (code < length) return text(code);
      code -= length;
    }
    return 'null';
  };
}

function itemsText(items: Data, start: (row: number) => number): CellText {
  const text = cellText(items);
  return (row) => `[${listed(start(row), start(row + 1), text)}]`;
}

function entriesText({ children }: Data, start: (row: number) => number): CellText {
  const [key, value] = [cellText(children[0] as Data), cellText(children[1] as Data)];
  const name = (text: string) => (text.startsWith('"') ? text : JSON.stringify(text));
  return (row) => `{${listed(start(row), start(row + 1), (at) => `${name(key(at))}:${value(at)}`)}}`;
}

const listed = (from: number, to: number, text: CellText): string =>
  Array.from({ length: to - from }, (_, index) => text(from + index)).join(',');

/** Values that are one machine word each, read as it is stored: Arrow's `get` rounds timestamps to float64. */
function wordText({ type, values }: Data): CellText | undefined {
  if (DataType.isTimestamp(type)) return (row) => JSON.stringify(instantText(BigInt(values[row]), type.unit));
  if (DataType.isDate(type)) {
    const length = type.unit === DateUnit.DAY ? 86_400_000 : 1;
    return (row) => JSON.stringify(dateText(Number(values[row]), length));
  }
  if (DataType.isInt(type) || DataType.isTime(type) || DataType.isDuration(type)) return (row) => String(values[row]);
  return undefined;
}

function leafText(data: Data): CellText {
  const { type } = data;
  const values = new Vector([data]);
  if (DataType.isDecimal(type)) return (row) => decimalText(values.get(row) as Uint32Array, type.scale);
  return (row) => valueText(values.get(row));
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
  return JSON.stringify(value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value);
}

const UNIT_DIGITS = [0, 3, 6, 9];

/** ISO 8601 with as many digits of the second as the unit has; instants beyond the years that Date knows as the bare integer. */
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

/** A number of units of `length` ms as a day; beyond the years that Date knows as the bare integer. */
function dateText(value: number, length: number): string {
  const date = new Date(value * length);
  return Number.isNaN(date.getTime()) ? String(value) : date.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

function decimalText(words: Uint32Array, scale: number): string {
  let unscaled = 0n;
  for (let word = words.length - 1; word >= 0; word--) unscaled = (unscaled << 32n) | BigInt(words[word] as number);
  unscaled = BigInt.asIntN(words.length * 32, unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale <= 0 ? `${sign}${digits}${'0'.repeat(-scale)}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

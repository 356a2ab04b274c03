import { type Data, DataType, makeData, type Schema, Utf8 } from 'apache-arrow';
import { categoryData, float64Data, int32Data, numbersToInt64, timestampData, utf8Data, ValidityBuilder } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { RecordColumns } from '../contract/index.ts';
import { decodeHeaders } from './record-headers.ts';

/** What a column can take from a record beside its value. */
export type RecordPart = 'key' | 'timestamp' | 'offset' | 'partition' | 'headers' | { readonly header: string };

/** A part of the records as one column: for each row, `record` says which record it came from. */
export interface RecordValues {
  /** Index in `record` of each row without the part. */
  readonly missing: readonly number[];
  readonly data: Data;
}

const decoder = new TextDecoder();

/** Makes the column of a part. Throws INVALID_OPTION when the column's type cannot hold it. */
export function recordValues(
  part: RecordPart,
  field: Schema['fields'][number],
  records: RecordColumns,
  record: Int32Array,
  partition: number,
): RecordValues {
  const { type } = field;
  const numbers = (value: (index: number) => number) => {
    const values = new Float64Array(record.length);
    for (let row = 0; row < record.length; row++) values[row] = value(record[row] as number);
    return values;
  };
  if (part === 'timestamp' && DataType.isTimestamp(type)) return complete(timestampData(numbers((at) => records.timestamp[at] as number)));
  if (part === 'offset' && DataType.isInt(type) && type.bitWidth === 64) {
    const offsets = numbers((at) => records.offset[at] as number);
    return complete(makeData({ type, length: offsets.length, nullCount: 0, data: numbersToInt64(offsets) } as never));
  }
  if (part === 'offset' && DataType.isFloat(type) && type.precision === 2)
    return complete(float64Data(numbers((at) => records.offset[at] as number)));
  if (part === 'partition' && DataType.isInt(type) && type.bitWidth === 32)
    return complete(int32Data(new Int32Array(record.length).fill(partition)));
  if (part === 'headers' && DataType.isUtf8(type)) return complete(utf8Data(Array.from(record, (at) => headersText(records, at))));
  if (part === 'key' || typeof part === 'object')
    return fromBytes(
      part,
      field,
      Array.from(record, (at) => partBytes(part, records, at)),
    );
  throw new MillraceError('INVALID_OPTION', `column '${field.name}' of type ${type} cannot hold the ${part} of a record`);
}

const complete = (data: Data): RecordValues => ({ missing: [], data });

/** A key or a header. Of several headers of one name the last counts, as for Kafka's clients. */
function partBytes(part: 'key' | { readonly header: string }, records: RecordColumns, at: number): Uint8Array | null {
  if (part !== 'key') return headersAt(records, at).findLast(({ key }) => key === part.header)?.value ?? null;
  const start = records.keyStart[at] as number;
  const length = records.keyLength[at] as number;
  return length < 0 ? null : records.bytes.subarray(start, start + length);
}

function headersAt(records: RecordColumns, at: number) {
  const start = records.headersStart[at] as number;
  return decodeHeaders(records.bytes.subarray(start, start + (records.headersLength[at] as number)));
}

/** All headers as JSON: pairs of name and text, in order, since names may repeat. */
const headersText = (records: RecordColumns, at: number): string =>
  JSON.stringify(headersAt(records, at).map(({ key, value }) => [key, value === null ? null : decoder.decode(value)]));

function fromBytes(part: RecordPart, field: Schema['fields'][number], values: readonly (Uint8Array | null)[]): RecordValues {
  const missing = values.flatMap((value, row) => (value === null ? [row] : []));
  const { type } = field;
  if (DataType.isUtf8(type)) return { missing, data: utf8Data(values.map((value) => (value === null ? null : decoder.decode(value)))) };
  if (DataType.isDictionary(type) && type.dictionary instanceof Utf8) return { missing, data: categories(values) };
  if (DataType.isBinary(type)) return { missing, data: binaries(type, values) };
  const name = typeof part === 'object' ? `header '${part.header}'` : part;
  throw new MillraceError('INVALID_OPTION', `column '${field.name}' of type ${type} cannot hold the ${name} of a record`, {
    hint: 'declare it as utf8(), category() or binary()',
  });
}

function categories(values: readonly (Uint8Array | null)[]): Data {
  const codes = new Int32Array(values.length);
  const nulls = new ValidityBuilder(values.length);
  const known = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    if (value === null) {
      nulls.setNull(row);
      continue;
    }
    const text = decoder.decode(value);
    const code = known.get(text) ?? known.size;
    known.set(text, code);
    codes[row] = code;
  }
  return categoryData(codes, [...known.keys()], nulls);
}

function binaries(type: DataType, values: readonly (Uint8Array | null)[]): Data {
  const valueOffsets = new Int32Array(values.length + 1);
  const nulls = new ValidityBuilder(values.length);
  for (const [row, value] of values.entries()) {
    if (value === null) nulls.setNull(row);
    valueOffsets[row + 1] = (valueOffsets[row] as number) + (value?.length ?? 0);
  }
  const data = Buffer.concat(values.map((value) => value ?? new Uint8Array(0)));
  return makeData({ type, length: values.length, valueOffsets, data, nullCount: nulls.nullCount, nullBitmap: nulls.finish() } as never);
}

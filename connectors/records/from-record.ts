import { type Data, Schema, type TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, makeBatch, selectColumns, takeData } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { DecodedRows, Decoder, Encoder, Format, RecordColumns, UndecodableRecord } from '../contract/index.ts';
import { type RecordPart, recordValues } from './record-values.ts';

/** Column names and what of the record each takes. */
export type RecordParts = Readonly<Record<string, RecordPart>>;

/**
 * A format some of whose columns come from the record instead of its value: its key (`utf8`, `category` or `binary`), timestamp, offset (`int64` or `float64`), partition (`int32`),
 * one header by name, or all headers as JSON. A record that lacks what a required column takes is rejected. When encoding, these columns are left out of the value.
 *
 * @throws MillraceError INVALID_OPTION when a column is not in the schema or cannot hold its part.
 * @example
 * const readings = topic('readings', {
 *   schema: schema({ device: required(category()), at: timestamp(), celsius: float64() }, { eventTime: 'at', key: 'device' }),
 *   format: fromRecord(json(), { device: 'key', at: 'timestamp' }),
 * });
 */
export function fromRecord(format: Format, parts: RecordParts): Format {
  return {
    ...format,
    decoder: (schema) => new RecordPartsDecoder(format, schema, parts),
    encoder: (schema) => valueEncoder(format, schema, parts),
  };
}

/** The columns that are in the value. */
function valueSchema<T extends TypeMap>(schema: BatchSchema<T>, parts: RecordParts): BatchSchema {
  for (const name of Object.keys(parts)) {
    if (schema.fields.some((field) => field.name === name)) continue;
    throw new MillraceError(
      'INVALID_OPTION',
      `fromRecord: there is no column '${name}'; the columns are ${schema.fields.map((field) => field.name).join(', ')}`,
    );
  }
  return new Schema(
    schema.fields.filter((field) => !((field.name as string) in parts)),
    schema.metadata,
  );
}

function valueEncoder<T extends TypeMap>(format: Format, schema: BatchSchema<T>, parts: RecordParts): Encoder<T> {
  const inner = valueSchema(schema, parts);
  const encoder = format.encoder(inner);
  const names = inner.fields.map((field) => field.name as string);
  return { encode: (batch, writer, fields) => encoder.encode(selectColumns(batch as Batch, names), writer, fields) };
}

class RecordPartsDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #schema: BatchSchema<T>;
  readonly #parts: RecordParts;
  readonly #inner: Decoder<TypeMap>;

  constructor(format: Format, schema: BatchSchema<T>, parts: RecordParts) {
    this.#schema = schema;
    this.#parts = parts;
    this.#inner = format.decoder(valueSchema(schema, parts));
    // A type that cannot hold its part is an error now, not at the first record.
    this.#columns({ batch: undefined, record: new Int32Array(0) }, NO_RECORDS, 0);
  }

  decode(records: RecordColumns, partition = 0): DecodedRows<T> {
    const rows = this.#inner.decode(records, partition);
    const { columns, lacking } = this.#columns(rows, records, partition);
    if (lacking.size === 0) return { ...rows, batch: makeBatch(this.#schema, columns, rows.record.length) };
    const kept = Int32Array.from({ length: rows.record.length }, (_, row) => row).filter((row) => !lacking.has(row));
    const taken = columns.map((column) => takeData(column, kept));
    return {
      batch: makeBatch(this.#schema, taken, kept.length),
      record: kept.map((row) => rows.record[row] as number),
      rejects: withLacking(rows, lacking),
    };
  }

  /** All columns in the schema's order, and per row that lacks what a required column takes the reason. */
  #columns(rows: { readonly batch: Batch | undefined; readonly record: Int32Array }, records: RecordColumns, partition: number) {
    const lacking = new Map<number, string>();
    let next = 0;
    const columns = this.#schema.fields.map((field) => {
      const name = field.name as string;
      const part = this.#parts[name];
      if (part === undefined) return rows.batch?.data.children[next++] as Data;
      const { data, missing } = recordValues(part, field, records, rows.record, partition);
      if (!field.nullable) {
        const what = typeof part === 'object' ? `header '${part.header}'` : part;
        for (const row of missing) lacking.set(row, `column '${name}': the record has no ${what}`);
      }
      return data;
    });
    return { columns, lacking };
  }
}

/** A record of which one row is rejected is a reject, once. */
function withLacking(rows: DecodedRows<TypeMap>, lacking: ReadonlyMap<number, string>): UndecodableRecord[] {
  const reasons = new Map<number, string>(rows.rejects.map(({ record, reason }) => [record, reason]));
  for (const [row, reason] of lacking) reasons.set(rows.record[row] as number, reason);
  return [...reasons].map(([record, reason]) => ({ record, reason })).toSorted((one, other) => one.record - other.record);
}

const none = new Int32Array(0);
const NO_RECORDS: RecordColumns = {
  count: 0,
  bytes: new Uint8Array(0),
  keyStart: none,
  keyLength: none,
  valueStart: none,
  valueLength: none,
  headersStart: none,
  headersLength: none,
  timestamp: new Float64Array(0),
  offset: new Float64Array(0),
};

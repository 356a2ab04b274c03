import { type Data, DataType, type Field, type TypeMap } from 'apache-arrow';
import { z } from 'zod';
import {
  type Batch,
  type BatchSchema,
  batchesFromIpc,
  batchToIpc,
  categoryData,
  concatBatches,
  emptyBatch,
  instantsOf,
  KeyInterner,
  makeBatch,
  timestampData,
  Validity,
  ValidityBuilder,
} from '../../../columnar/index.ts';
import { parseOptions } from '../../../streams/index.ts';
import type { DecodedRows, Decoder, Encoder, Format, RecordColumns, RecordFields, RecordWriter } from '../../contract/index.ts';
import { checkColumn, Mismatch } from './check-column.ts';
import { BrokenStream, verifyStream } from './verify-stream.ts';

const arrowOptions = z.strictObject({
  /** Larger records are rejected unread. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(256 * 1024 * 1024),
});

/**
 * Whole Arrow batches, one IPC stream per record: the fastest format between programs that know Arrow. Columns are taken by name; others are left out. Timestamps of any
 * unit become ms, plain strings become categories where the schema says so; else types must be those of the schema.
 * Key and timestamp of a record are those of its last row. Source: Arrow columnar format, "Serialization and interprocess communication".
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const features = topic('features', { schema: schema({ at: timestamp(), x: tensor(64) }, { eventTime: 'at' }), format: arrow() });
 */
export function arrow(options: z.input<typeof arrowOptions> = {}): Format {
  const { maxBytes } = parseOptions('arrow', arrowOptions, options);
  return {
    name: 'arrow',
    recordPerBatch: true,
    decoder: (schema) => new ArrowDecoder(schema, maxBytes),
    encoder: () => new ArrowEncoder(),
  };
}

class ArrowEncoder<T extends TypeMap> implements Encoder<T> {
  encode(batch: Batch<T>, writer: RecordWriter, fields: RecordFields): void {
    if (batch.numRows === 0) return;
    const last = batch.numRows - 1;
    writer.value(batchToIpc(batch));
    writer.endRecord({ key: fields.key(last), timestamp: fields.timestamp(last) });
  }
}

class ArrowDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #schema: BatchSchema<T>;
  readonly #maxBytes: number;

  constructor(schema: BatchSchema<T>, maxBytes: number) {
    this.#schema = schema;
    this.#maxBytes = maxBytes;
  }

  decode(records: RecordColumns): DecodedRows<T> {
    const batches: Batch<T>[] = [];
    const record: number[] = [];
    const rejects: { record: number; reason: string }[] = [];
    for (let index = 0; index < records.count; index++) {
      try {
        for (const batch of this.#batches(records, index)) {
          batches.push(batch);
          for (let row = 0; row < batch.numRows; row++) record.push(index);
        }
      } catch (thrown) {
        rejects.push({ record: index, reason: reasonOf(thrown) });
      }
    }
    return { batch: batches.length === 0 ? emptyBatch(this.#schema) : concatBatches(batches), record: Int32Array.from(record), rejects };
  }

  #batches(records: RecordColumns, index: number): Batch<T>[] {
    const start = records.valueStart[index] as number;
    const length = records.valueLength[index] as number;
    if (length <= 0) throw new Mismatch(length < 0 ? 'no value (a tombstone)' : 'empty value');
    if (length > this.#maxBytes) throw new Mismatch(`${length} bytes, more than the limit of ${this.#maxBytes}`);
    // Arrow's columns are views: over a copy, since the block does not live on.
    const bytes = new Uint8Array(records.bytes.subarray(start, start + length));
    verifyStream(bytes);
    const batches = batchesFromIpc(bytes).filter((batch) => batch.numRows > 0);
    if (batches.length === 0) throw new Mismatch('no rows, or no Arrow IPC stream');
    return batches.map((batch) => this.#fitted(batch));
  }

  #fitted(batch: Batch): Batch<T> {
    const columns = this.#schema.fields.map((field) => fittedColumn(batch, field));
    return makeBatch(this.#schema, columns, batch.numRows);
  }
}

function fittedColumn(batch: Batch, field: Field): Data {
  const index = batch.schema.fields.findIndex((candidate) => candidate.name === field.name);
  const data = batch.data.children[index];
  if (data === undefined) throw new Mismatch(`column '${field.name}' is missing`);
  checkColumn(data, field.name);
  if (!field.nullable && data.nullCount > 0) throw new Mismatch(`column '${field.name}' is required and null in ${data.nullCount} rows`);
  if (String(data.type) === String(field.type)) return data;
  const typed = batch as Batch<Record<string, DataType>>;
  if (DataType.isTimestamp(field.type) && DataType.isTimestamp(data.type)) {
    return timestampData(
      instantsOf(typed, field.name).map((instant) => (Number.isNaN(instant) ? 0 : instant)),
      nullsOf(data),
    );
  }
  if (DataType.isDictionary(field.type) && (DataType.isUtf8(data.type) || DataType.isDictionary(data.type))) {
    const interner = new KeyInterner();
    const codes = interner.codesOf(typed, field.name);
    return categoryData(
      codes.map((code) => Math.max(code, 0)),
      interner.keys,
      nullsOf(data),
    );
  }
  throw new Mismatch(`column '${field.name}': expected ${field.type}, found ${data.type}`);
}

function nullsOf(data: Data): ValidityBuilder {
  const nulls = new ValidityBuilder(data.length);
  const validity = Validity.of(data);
  for (let row = 0; row < data.length; row++) if (!validity.isValid(row)) nulls.setNull(row);
  return nulls;
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Mismatch) return thrown.message;
  return `broken Arrow IPC: ${thrown instanceof BrokenStream ? thrown.message : 'the bytes are no stream of record batches'}`;
}

import { type Data, DataType, Type, type TypeMap, type Utf8, type Vector } from 'apache-arrow';
import { type Batch, type BatchSchema, Validity } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Encoder, RecordFields, RecordWriter } from '../../contract/index.ts';
import { RowColumns } from '../columns/index.ts';
import { type ValueWriter, valueWriter } from '../json/index.ts';
import type { CsvOptions } from './csv.ts';

const encoder = new TextEncoder();

/** Writes one CSV row per row. Strings are quoted only where they must be. */
export class CsvEncoder<T extends TypeMap> implements Encoder<T> {
  readonly #options: CsvOptions;
  readonly #order: readonly string[];
  readonly #null: Uint8Array;
  readonly #special: RegExp;

  constructor(schema: BatchSchema<T>, options: CsvOptions) {
    const { names } = new RowColumns(schema, 'csv');
    this.#options = options;
    this.#order = options.fields ?? names;
    const stranger = this.#order.find((name) => !names.includes(name));
    if (stranger !== undefined) throw new MillraceError('INVALID_OPTION', `csv: field '${stranger}' is no column, so it cannot be written`);
    this.#null = encoder.encode(options.nulls[0]);
    this.#special = new RegExp(`[${escaped(options.delimiter)}${escaped(options.quote)}\\r\\n]`);
  }

  encode(batch: Batch<T>, writer: RecordWriter, fields: RecordFields): void {
    const writers = this.#order.map((name) => this.#fieldWriter(batch as Batch, name));
    const delimiter = this.#options.delimiter.charCodeAt(0);
    for (let row = 0; row < batch.numRows; row++) {
      let room = writers.length;
      for (const field of writers) room += field.room(row);
      const out = writer.reserve(room);
      let at = writer.position;
      writer.beginValue();
      writers.forEach((field, index) => {
        if (index > 0) out[at++] = delimiter;
        at = field.write(row, out, at);
      });
      writer.position = at;
      writer.endValue();
      writer.endRecord({ key: fields.key(row), timestamp: fields.timestamp(row) });
    }
  }

  #fieldWriter(batch: Batch, name: string): ValueWriter {
    const column = batch.schema.fields.findIndex((field) => field.name === name);
    const data = batch.data.children[column] as Data;
    const inner = isString(data.type) ? this.#stringWriter(data) : this.#plainWriter(batch, column, data);
    const validity = Validity.of(data);
    return {
      room: (row) => inner.room(row) + this.#null.length,
      write: (row, out, at) => (validity.isValid(row) && !isNotFinite(data, row) ? inner.write(row, out, at) : copy(this.#null, out, at)),
    };
  }

  /** Numbers, booleans and instants as JSON writes them; quotes around instants and base64 are left out. */
  #plainWriter(batch: Batch, column: number, data: Data): ValueWriter {
    const json = valueWriter(batch, column, this.#options.timestamps) as ValueWriter;
    const quoted = data.type.typeId === Type.Binary || (DataType.isTimestamp(data.type) && this.#options.timestamps === 'iso');
    if (!quoted) return json;
    return {
      room: json.room,
      write: (row, out, at) => {
        const end = json.write(row, out, at);
        out.copyWithin(at, at + 1, end - 1);
        return end - 2;
      },
    };
  }

  #stringWriter(data: Data): ValueWriter {
    if (data.type.typeId === Type.Utf8) {
      const bytes = data.values as Uint8Array;
      const offsets = data.valueOffsets as Int32Array;
      const text = new TextDecoder();
      const field = (row: number) => this.#quotedText(text.decode(bytes.subarray(offsets[row], offsets[row + 1])));
      return bytesWriter(field, (row) => ((offsets[row + 1] as number) - (offsets[row] as number)) * 2 + 2);
    }
    const entries = Array.from(data.dictionary as Vector<Utf8>, (entry) => this.#quotedText(entry ?? ''));
    const codes = data.values as Int32Array;
    const entryOf = (row: number) => entries[codes[row] as number] ?? this.#null;
    return bytesWriter(entryOf, (row) => entryOf(row).length);
  }

  /** Text that could be taken for null or for several fields goes in quotes. */
  #quotedText(text: string): Uint8Array {
    const { nulls, quote } = this.#options;
    const plain = !nulls.includes(text) && !text.startsWith(quote) && !this.#special.test(text);
    return encoder.encode(plain ? text : `${quote}${text.replaceAll(quote, quote + quote)}${quote}`);
  }
}

const isString = (type: DataType) => type.typeId === Type.Utf8 || DataType.isDictionary(type);

function isNotFinite(data: Data, row: number): boolean {
  return DataType.isFloat(data.type) && !Number.isFinite(data.values[row]);
}

const escaped = (character: string) => character.replace(/[\\\]^-]/, '\\$&');

function bytesWriter(field: (row: number) => Uint8Array, room: (row: number) => number): ValueWriter {
  return { room, write: (row, out, at) => copy(field(row), out, at) };
}

function copy(bytes: Uint8Array, out: Uint8Array, at: number): number {
  out.set(bytes, at);
  return at + bytes.length;
}

import type { Data, TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, columnData, emptyBatch, Validity } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { Encoder, RecordFields, RecordWriter } from '../../contract/index.ts';
import type { JsonOptions } from './json-options.ts';
import { KernelWriter } from './kernel-writer.ts';
import { type ObjectLayout, objectLayout } from './object-layout.ts';
import { type ValueWriter, valueWriter } from './value-writer.ts';

/** Writes one JSON object per row, straight from column buffers. The text between values is the same for every row and made once. */
export class JsonEncoder<T extends TypeMap> implements Encoder<T> {
  readonly #options: JsonOptions;
  readonly #pieces: readonly Uint8Array[];
  /** Columns in the order of writing: those of one nested object stand together. */
  readonly #order: readonly number[];
  readonly #fixed: number;
  readonly #kernel: KernelWriter | undefined;

  constructor(schema: BatchSchema<T>, options: JsonOptions) {
    this.#options = options;
    const names = schema.fields.map((field) => field.name);
    const { pieces, order } = template(objectLayout(names, options.paths, options.capture));
    this.#pieces = pieces.map((piece) => new TextEncoder().encode(piece));
    this.#order = order;
    // What the kernel does not write: members captured from elsewhere, and dates as text.
    const isPlain = options.capture === undefined && options.timestamps === 'epoch';
    this.#kernel = isPlain && order.length > 0 ? new KernelWriter(this.#pieces, order) : undefined;
    this.#fixed = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    // A type that JSON cannot hold is an error now, not at the first row.
    this.#writers(emptyBatch(schema) as Batch);
  }

  encode(batch: Batch<T>, writer: RecordWriter, fields: RecordFields): void {
    if (this.#kernel?.write(batch as Batch, writer, fields)) return;
    const writers = this.#writers(batch as Batch);
    const captured = this.#options.capture === undefined ? undefined : textsOf(columnData(batch, this.#options.capture as never));
    for (let row = 0; row < batch.numRows; row++) {
      let room = this.#fixed;
      for (let i = 0; i < writers.length; i++) room += (writers[i] as ValueWriter).room(row);
      const others = captured?.(row);
      const out = writer.reserve(room + (others?.length ?? 0));
      writer.beginValue();
      const end = this.#write(writers, row, out, writer.position);
      writer.position = others === undefined ? end : this.#append(others, out, end);
      writer.endValue();
      writer.endRecord({ key: fields.key(row), timestamp: fields.timestamp(row) });
    }
  }

  /** Puts the members of another object, given as text, before the closing brace. */
  #append(others: Uint8Array, out: Uint8Array, end: number): number {
    out.set(others, end - 1);
    if (this.#order.length > 0) out[end - 1] = 0x2c;
    return end - 1 + others.length;
  }

  #write(writers: readonly ValueWriter[], row: number, out: Uint8Array, position: number): number {
    let at = position;
    for (let i = 0; i < writers.length; i++) {
      at = copy(this.#pieces[i] as Uint8Array, out, at);
      at = (writers[i] as ValueWriter).write(row, out, at);
    }
    return copy(this.#pieces[writers.length] as Uint8Array, out, at);
  }

  #writers(batch: Batch): ValueWriter[] {
    return this.#order.map((column) => {
      const writer = valueWriter(batch, column, this.#options.timestamps);
      if (writer !== undefined) return writer;
      const field = batch.schema.fields[column];
      throw new MillraceError('INVALID_OPTION', `format json cannot hold column '${field?.name}' of type ${field?.type}`);
    });
  }
}

/** The text of a row of a utf8 column; undefined where it is null. */
function textsOf(data: Data): (row: number) => Uint8Array | undefined {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  const validity = Validity.of(data);
  return (row) => (validity.isValid(row) ? bytes.subarray(offsets[row], offsets[row + 1]) : undefined);
}

function copy(piece: Uint8Array, out: Uint8Array, at: number): number {
  for (let i = 0; i < piece.length; i++) out[at + i] = piece[i] as number;
  return at + piece.length;
}

/** The text before each value in the order of writing, and after the last. */
function template(layout: ObjectLayout): { readonly pieces: readonly string[]; readonly order: readonly number[] } {
  const pieces: string[] = [];
  const order: number[] = [];
  let text = '';
  const walk = (object: ObjectLayout) => {
    text += '{';
    object.names.forEach((name, index) => {
      text += `${index === 0 ? '' : ','}${JSON.stringify(name)}:`;
      const child = object.children[index];
      if (child !== undefined) walk(child);
      else {
        pieces.push(text);
        order.push(object.columns[index] as number);
        text = '';
      }
    });
    text += '}';
  };
  walk(layout);
  return { pieces: [...pieces, text], order };
}

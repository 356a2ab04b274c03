import { type Data, Type, type TypeMap, type Utf8, type Vector } from 'apache-arrow';
import { z } from 'zod';
import { type Batch, type BatchSchema, Validity } from '../../../columnar/index.ts';
import { MillraceError, parseOptions } from '../../../streams/index.ts';
import type { Encoder, Format, RecordFields, RecordWriter } from '../../contract/index.ts';
import { type ColumnBuilder, RowColumns, type TextColumn } from '../columns/index.ts';
import { LineDecoder, type LineReader, lineOptions } from '../lines/index.ts';

const textOptions = lineOptions.extend({
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
});

/**
 * The whole value as one string: for messages, reviews and lines that an operator takes apart. The schema has one column, utf8 or category. One line end is cut off
 * at the end. A null row is written as a record without value.
 *
 * @throws MillraceError INVALID_OPTION for any other schema
 * @example
 * const messages = topic('sms', { schema: schema({ message: utf8() }), format: text() });
 */
export function text(options: z.input<typeof textOptions> = {}): Format {
  const { maxBytes } = parseOptions('text', textOptions, options);
  return {
    name: 'text',
    decoder: (schema) => {
      const columns = new RowColumns(checked(schema), 'text');
      const builder = columns.builders[0] as TextColumn;
      const reader: LineReader = {
        read: ({ bytes, start, end }, row) => {
          builder.put(row, bytes, start, end);
          return undefined;
        },
      };
      return new LineDecoder(columns, reader, maxBytes);
    },
    encoder: (schema) => {
      checked(schema);
      return new TextEncoderOfRows();
    },
  };
}

function checked<T extends TypeMap>(schema: BatchSchema<T>): BatchSchema<T> {
  const builder: ColumnBuilder | undefined = new RowColumns(schema, 'text').builders[0];
  if (schema.fields.length === 1 && (builder?.kind === 'text' || builder?.kind === 'category')) return schema;
  throw new MillraceError('INVALID_OPTION', 'format text needs a schema of one column, utf8 or category', {
    hint: 'for several columns use json(), csv() or a log format',
  });
}

class TextEncoderOfRows<T extends TypeMap> implements Encoder<T> {
  encode(batch: Batch<T>, writer: RecordWriter, fields: RecordFields): void {
    const data = batch.data.children[0] as Data;
    const validity = Validity.of(data);
    const bytesOf = data.type.typeId === Type.Utf8 ? plainBytes(data) : dictionaryBytes(data);
    for (let row = 0; row < batch.numRows; row++) {
      writer.value(validity.isValid(row) ? bytesOf(row) : null);
      writer.endRecord({ key: fields.key(row), timestamp: fields.timestamp(row) });
    }
  }
}

function plainBytes(data: Data): (row: number) => Uint8Array {
  const bytes = data.values as Uint8Array;
  const offsets = data.valueOffsets as Int32Array;
  return (row) => bytes.subarray(offsets[row], offsets[row + 1]);
}

function dictionaryBytes(data: Data): (row: number) => Uint8Array {
  const encoder = new TextEncoder();
  const entries = Array.from((data.dictionary ?? []) as Vector<Utf8>, (entry) => encoder.encode(entry ?? ''));
  const codes = data.values as Int32Array;
  return (row) => entries[codes[row] as number] as Uint8Array;
}

import { createWriteStream, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Data, DataType, RecordBatchFileWriter, RecordBatchStreamWriter, Schema } from 'apache-arrow';
import { type Batch, type BatchSchema, emptyBatch, makeBatch, stringView, utf8Data } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type Encoder, RecordWriter } from '../../contract/index.ts';
import { csv, json } from '../../formats/index.ts';
import { PartFile } from '../archive/part-file.ts';
import { RowBytes } from '../archive/row-bytes.ts';
import type { Encoding } from '../encode/encoding.ts';
import { GroupEncoder } from '../encode/group-encoder.ts';
import { cellText, rowWriter } from '../read/row-json.ts';
import type { FileKind } from './file-kind.ts';

/** Writes batches as a file that appears whole or not at all; returns the number of rows. */
export async function writeFile(
  path: string,
  kind: FileKind,
  schema: BatchSchema,
  batches: AsyncIterable<Batch>,
  encoding: Encoding,
): Promise<number> {
  let rows = 0;
  const counted = async function* (): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      rows += batch.numRows;
      yield batch;
    }
  };
  const streams = (): Streams =>
    kind === 'arrow' ? arrowStreams(path, schema, counted()) : [Readable.from(textOf(kind, schema, counted()))];
  if (kind === 'parquet') await writeParquetFile(path, schema, counted(), encoding);
  else if (path === '-') await toStdout(streams());
  else {
    const temporary = join(dirname(path), `.${basename(path)}.part`);
    // Opened first: what cannot be written is known before anything is read.
    const fd = openSync(temporary, 'w');
    try {
      await pipeline([...streams(), createWriteStream(temporary, { fd, flush: true })] as never);
      renameSync(temporary, path);
    } catch (thrown) {
      rmSync(temporary, { force: true });
      throw thrown;
    }
  }
  return rows;
}

/** A source, and what its chunks go through. */
type Streams = readonly (Readable | Duplex)[];

/** Who reads stdout may have seen enough, as `head` has. */
async function toStdout(streams: Streams): Promise<void> {
  try {
    await pipeline([...streams, process.stdout] as never, { end: false } as never);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown;
  }
}

/** As `archive` has them. */
const ROW_GROUP_ROWS = 100_000;
const ROW_GROUP_BYTES = 64 * 1024 * 1024;

async function writeParquetFile(path: string, schema: BatchSchema, batches: AsyncIterable<Batch>, encoding: Encoding): Promise<void> {
  if (path === '-') throw new MillraceError('INVALID_OPTION', 'a Parquet file cannot be written to stdout', { hint: 'name a file' });
  const never = Number.POSITIVE_INFINITY;
  const encoder = new GroupEncoder('worker');
  const file = new PartFile(
    dirname(path),
    { encoding, encoder },
    { id: `.${basename(path)}`, folder: '', endsAt: never, keyEndsAt: never },
  );
  try {
    for await (const batch of batches) {
      const bytes = new RowBytes(batch);
      for (let at = 0; at < batch.numRows; ) {
        const most = Math.min(batch.numRows, at + ROW_GROUP_ROWS - file.pendingRows);
        const end = bytes.reach(at, most, ROW_GROUP_BYTES - file.pendingBytes);
        file.append(batch.slice(at, end) as Batch);
        at = end;
        if (file.pendingRows < ROW_GROUP_ROWS && file.pendingBytes < ROW_GROUP_BYTES) continue;
        file.endRowGroup();
        await encoder.room();
      }
    }
    await file.finish(undefined, schema);
    renameSync(file.path, path);
  } catch (thrown) {
    await file.abandon();
    rmSync(file.path, { force: true });
    throw thrown;
  } finally {
    await encoder.close();
  }
}

/** Names that end in `.arrows`, and stdout, are streams, others files with a footer. */
function arrowStreams(path: string, schema: BatchSchema, batches: AsyncIterable<Batch>): Streams {
  const withSchema = async function* (): AsyncGenerator<Batch> {
    let any = false;
    for await (const batch of batches) {
      any = true;
      yield withPlainStrings(batch);
    }
    // A writer that was given no batch would write no schema.
    if (!any) yield withPlainStrings(emptyBatch(schema));
  };
  const writer = path === '-' || path.endsWith('.arrows') ? RecordBatchStreamWriter : RecordBatchFileWriter;
  const through = writer.throughNode();
  // When the output fails, the writer's queue rejects a promise that nobody waits for.
  const { closed } = Reflect.get(through, '_writer') as { readonly closed: Promise<unknown> };
  closed.catch(() => {});
  return [Readable.from(withSchema()), through];
}

/** An Arrow file holds one dictionary per column for all batches, where each of ours has its own: strings are written out. */
function withPlainStrings(batch: Batch): Batch {
  const columns = batch.schema.fields.map((field, column) => {
    if (!DataType.isDictionary(field.type) || !DataType.isUtf8(field.type.dictionary)) return batch.data.children[column] as Data;
    const strings = stringView(batch, field.name as never);
    return utf8Data(Array.from({ length: batch.numRows }, (_, row) => strings.get(row)));
  });
  const fields = batch.schema.fields.map((field, column) => field.clone({ type: (columns[column] as Data).type }));
  return makeBatch(new Schema(fields, batch.schema.metadata), columns, batch.numRows);
}

async function* textOf(kind: FileKind, schema: BatchSchema, batches: AsyncIterable<Batch>): AsyncGenerator<Uint8Array | string> {
  if (kind === 'csv') yield `${schema.fields.map((field) => quoted(field.name as string)).join(',')}\n`;
  const encoder =
    kind === 'csv'
      ? csv().encoder(withTexts(emptyBatch(schema)).schema)
      : schema.fields.every((field) => isFlat(field.type))
        ? json().encoder(schema)
        : undefined;
  for await (const batch of batches)
    yield encoder === undefined ? rowsAsJson(batch) : encoded(encoder, kind === 'csv' ? withTexts(batch) : batch);
}

const quoted = (name: string): string => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** What the JSON format holds; other types are written row by row. */
const isFlat = (type: DataType): boolean =>
  (DataType.isInt(type) && (type.bitWidth === 32 || type.bitWidth === 64) && type.isSigned) ||
  (DataType.isFloat(type) && type.precision !== 0) ||
  DataType.isUtf8(type) ||
  DataType.isBool(type) ||
  (DataType.isTimestamp(type) && type.unit === 1) ||
  (DataType.isDictionary(type) && DataType.isUtf8(type.dictionary));

function rowsAsJson(batch: Batch): string {
  const text = rowWriter(batch);
  return Array.from({ length: batch.numRows }, (_, row) => `${text(row)}\n`).join('');
}

/** Columns of types that CSV does not know become text: nested ones JSON. */
function withTexts(batch: Batch): Batch {
  const { fields } = batch.schema;
  if (fields.every(({ type }) => isFlat(type))) return batch;
  const columns = batch.data.children.map((data) => (isFlat(data.type) ? data : textColumn(data)));
  const named = fields.map((field, column) => field.clone({ type: (columns[column] as Data).type }));
  return makeBatch(new Schema(named, batch.schema.metadata), columns, batch.numRows);
}

function textColumn(data: Data): Data {
  const text = cellText(data);
  const plain = (json: string) => (json === 'null' ? null : json.startsWith('"') ? (JSON.parse(json) as string) : json);
  return utf8Data(Array.from({ length: data.length }, (_, row) => plain(text(row))));
}

const NO_FIELDS = { key: () => null, timestamp: () => 0 };

function encoded(encoder: Encoder<never>, batch: Batch): Uint8Array {
  const writer = new RecordWriter();
  encoder.encode(batch as never, writer, NO_FIELDS);
  const { bytes, count, valueStart, valueLength } = writer.finish();
  const lines = new Uint8Array(valueLength.reduce((sum, length) => sum + length + 1, 0));
  let at = 0;
  for (let record = 0; record < count; record++) {
    const start = valueStart[record] as number;
    const length = valueLength[record] as number;
    lines.set(bytes.subarray(start, start + length), at);
    lines[at + length] = 10;
    at += length + 1;
  }
  return lines;
}

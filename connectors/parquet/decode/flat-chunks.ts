import type { ThriftStruct } from '../format/thrift-value.ts';
import type { ChunkRequest } from '../read/engine.ts';
import type { ReadAt } from './chunk-pages.ts';
import { type ColumnForm, ColumnReader } from './column-reader.ts';
import { KNOWN_ENCODINGS } from './encodings.ts';
import type { DecodedColumn } from './part-values.ts';
import { KNOWN_CODECS, Scratch } from './unpack-page.ts';

/** Column chunks of a row group that are to be decoded here, in the order of the request. */
export interface FlatColumn {
  readonly chunk: ThriftStruct;
  readonly form: ColumnForm;
}

const utf8 = new TextDecoder();

/** The chunks of the columns asked for, if all of them are flat and of codecs and encodings that are known here; else undefined. */
export function flatColumns(group: ThriftStruct, { columns, forms }: ChunkRequest): readonly FlatColumn[] | undefined {
  if (forms === undefined) return undefined;
  const found: FlatColumn[] = [];
  const chunks = new Map(group.structs(1).map((chunk) => [nameOf(chunk), chunk]));
  for (const [column, name] of columns.entries()) {
    const chunk = chunks.get(name);
    const about = chunk?.struct(3);
    if (chunk === undefined || about === undefined) return undefined;
    if (!KNOWN_CODECS.has(about.number(4) ?? 0) || about.list(2).some((encoding) => !KNOWN_ENCODINGS.has(Number(encoding))))
      return undefined;
    found.push({ chunk, form: forms[column] as ColumnForm });
  }
  return found;
}

/** The name of a top-level column's chunk; undefined for one within a nested column. */
function nameOf(chunk: ThriftStruct): string | undefined {
  const path = chunk.struct(3)?.list(3) ?? [];
  return path.length === 1 ? utf8.decode(path[0] as Uint8Array) : undefined;
}

/**
 * Decodes flat columns of a row group, chunk by chunk of its rows. Column by column where the group is read at once, so that they share their memory.
 *
 * @throws RangeError for bytes that cannot be decoded here.
 */
export function* flatChunks(
  read: ReadAt,
  columns: readonly FlatColumn[],
  request: ChunkRequest,
  scratch = new Scratch(),
): Generator<readonly DecodedColumn[]> {
  const { rows, chunkRows, skip } = request;
  if (chunkRows >= rows) {
    yield columns.map((column) => readerOf(read, column, rows, skip, scratch).read(rows - skip));
    return;
  }
  const readers = columns.map((column) => readerOf(read, column, rows, 0, new Scratch(scratch.pages, true)));
  passOver(readers, skip, chunkRows);
  for (let row = skip; row < rows; row += chunkRows) yield readers.map((reader) => reader.read(Math.min(chunkRows, rows - row)));
}

function readerOf(read: ReadAt, { chunk, form }: FlatColumn, rows: number, skip: number, scratch: Scratch): ColumnReader {
  const reader = new ColumnReader(read, chunk, form, rows, scratch);
  passOver([reader], skip, rows);
  return reader;
}

/** A page holds values of unequal length, so what comes before a row has to be read. */
function passOver(readers: readonly ColumnReader[], rows: number, step: number): void {
  for (const reader of readers) for (let row = 0; row < rows; row += step) reader.read(Math.min(step, rows - row));
}

import type { ReadAt } from './chunk-pages.ts';
import { ColumnReader } from './column-reader.ts';
import type { FlatColumn } from './flat-column.ts';
import type { DecodedColumn } from './part-values.ts';
import { Scratch } from './unpack-page.ts';

/** Which rows of a row group to decode, and how many at a time. */
export interface RowCut {
  readonly rows: number;
  readonly chunkRows: number;
  readonly skip: number;
}

/**
 * Decodes flat columns of a row group, chunk by chunk of its rows. Column by column where the group is read at once, so that they share their memory.
 *
 * @throws RangeError for bytes that cannot be decoded here.
 */
export function* flatChunks(
  read: ReadAt,
  columns: readonly FlatColumn[],
  { rows, chunkRows, skip }: RowCut,
  scratch: Scratch,
): Generator<readonly DecodedColumn[]> {
  if (chunkRows >= rows) {
    yield columns.map((column) => readerOf(read, column, rows, skip, scratch).read(rows - skip));
    return;
  }
  const readers = columns.map((column) => readerOf(read, column, rows, 0, new Scratch(scratch.pages, true)));
  passOver(readers, skip, chunkRows);
  for (let row = skip; row < rows; row += chunkRows) yield readers.map((reader) => reader.read(Math.min(chunkRows, rows - row)));
}

function readerOf(read: ReadAt, column: FlatColumn, rows: number, skip: number, scratch: Scratch): ColumnReader {
  const reader = new ColumnReader(read, column, rows, scratch);
  passOver([reader], skip, rows);
  return reader;
}

/** A page holds values of unequal length, so what comes before a row has to be read. */
function passOver(readers: readonly ColumnReader[], rows: number, step: number): void {
  for (const reader of readers) for (let row = 0; row < rows; row += step) reader.read(Math.min(step, rows - row));
}

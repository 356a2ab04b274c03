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
  /** The first chunk and no other. */
  readonly once?: boolean;
}

/**
 * Decodes flat columns of a row group, chunk by chunk of its rows; those after `skip` end where they would end without it. Column by column where there
 * is one chunk, so that they share their memory.
 *
 * @throws RangeError for bytes that cannot be decoded here.
 */
export function* flatChunks(
  read: ReadAt,
  columns: readonly FlatColumn[],
  cut: RowCut,
  scratch: Scratch,
): Generator<readonly DecodedColumn[]> {
  const { rows, chunkRows, skip } = cut;
  const endOf = (row: number) => Math.min(rows, (Math.floor(row / chunkRows) + 1) * chunkRows);
  if (cut.once || chunkRows >= rows) {
    yield columns.map((column) => readerAt(read, column, cut, scratch).read(endOf(skip) - skip));
    return;
  }
  const readers = columns.map((column) => readerAt(read, column, cut, new Scratch(scratch.pages, scratch)));
  for (let row = skip; row < rows; row = endOf(row)) yield readers.map((reader) => reader.read(endOf(row) - row));
}

function readerAt(read: ReadAt, column: FlatColumn, cut: RowCut, scratch: Scratch): ColumnReader {
  const reader = new ColumnReader(read, column, cut, scratch);
  reader.skip(cut.skip);
  return reader;
}

import type { DecodedColumn } from '../decode/part-values.ts';

/** Part of a block's bytes: start and length. */
export type ByteRange = readonly [start: number, length: number];

/** Where a column's buffers lie in a block; children and dictionaries likewise. Plain data, which can pass between threads. */
export interface ColumnLayout {
  readonly length: number;
  /** -1 when it is not known. */
  readonly nullCount: number;
  readonly validity: ByteRange | undefined;
  readonly offsets: ByteRange | undefined;
  readonly values: ByteRange | undefined;
  readonly children: readonly ColumnLayout[];
  readonly dictionary: ColumnLayout | undefined;
}

/** Decoded rows: the columns asked for, in the file's order, one by one, or as parts of one run of bytes; or an Arrow IPC stream. */
export type DecodedBlock = { readonly columns: readonly DecodedColumn[] } | BytesBlock;

/** With a layout, bytes are the bare buffers of columns; without one, an IPC stream. */
export interface BytesBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout?: readonly ColumnLayout[];
}

/** The memory of a block. A thread that sends it gives it away. */
export function buffersOf(block: DecodedBlock): ArrayBuffer[] {
  return 'columns' in block ? block.columns.flatMap(columnBuffers) : [block.bytes.buffer];
}

function columnBuffers({ validity, offsets, values, dictionary }: DecodedColumn): ArrayBuffer[] {
  const own = [values, ...(validity === undefined ? [] : [validity.buffer]), ...(offsets === undefined ? [] : [offsets.buffer])];
  return dictionary === undefined ? own : [...own, ...columnBuffers(dictionary)];
}

export function blockBytes(block: DecodedBlock): number {
  return buffersOf(block).reduce((sum, buffer) => sum + buffer.byteLength, 0);
}

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

/** Decoded rows as bytes: with a layout the bare buffers of the columns asked for, in the file's order; without one an Arrow IPC stream. */
export interface DecodedBlock {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layout?: readonly ColumnLayout[];
}

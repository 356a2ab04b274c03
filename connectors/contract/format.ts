import type { TypeMap } from 'apache-arrow';
import type { Batch, BatchSchema } from '../../columnar/index.ts';
import type { RecordColumns } from './record-columns.ts';
import type { RecordWriter } from './record-writer.ts';

/** A record that does not fit the schema: `record` is its index in the columns that were decoded. */
export interface UndecodableRecord {
  readonly record: number;
  /** One clause: what is wrong and where, such as `column 'pm25': expected a number, found "abc"`. */
  readonly reason: string;
}

/** Rows decoded from records. Every record is either in `record` (once per row made of it) or in `rejects`. */
export interface DecodedRows<T extends TypeMap> {
  readonly batch: Batch<T>;
  /** Per row: index of the record it came from, ascending. */
  readonly record: Int32Array;
  readonly rejects: readonly UndecodableRecord[];
}

/** Turns record values into rows. Called once per fetched block; must not keep references to its bytes. Never throws for bad bytes. */
export interface Decoder<T extends TypeMap> {
  /** `partition` is where the records came from, for columns that tell it. */
  decode(records: RecordColumns, partition?: number): DecodedRows<T>;
}

/** What a record has beside its value; asked for by the row that the record (or, with many rows per record, its last row) is made of. */
export interface RecordFields {
  key(row: number): Uint8Array | null;
  /** Milliseconds since the epoch. */
  timestamp(row: number): number;
}

/** Turns rows into record values. Called once per batch. */
export interface Encoder<T extends TypeMap> {
  /** Writes one record per row (JSON, CSV, text) or one per batch (Arrow IPC): value, then `writer.endRecord` with key and timestamp from `fields`. */
  encode(batch: Batch<T>, writer: RecordWriter, fields: RecordFields): void;
}

/** The bytes of a record's value, on one side, and typed rows on the other. */
export interface Format {
  readonly name: string;
  /** True for a format that writes one record per batch (Arrow IPC): its bytes depend on where batches were cut, so re-runs do not compare them. */
  readonly recordPerBatch?: boolean;
  /** A decoder of rows of this schema; throws INVALID_OPTION for a type that the format cannot hold. */
  decoder<T extends TypeMap>(schema: BatchSchema<T>): Decoder<T>;
  encoder<T extends TypeMap>(schema: BatchSchema<T>): Encoder<T>;
}

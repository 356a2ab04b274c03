import { isUtf8 } from 'node:buffer';
import type { TypeMap } from 'apache-arrow';
import type { DecodedRows, Decoder, RecordColumns, UndecodableRecord } from '../../contract/index.ts';
import { NULL, type RowColumns } from '../columns/index.ts';

/** Reads the fields of one line into a row. */
export interface LineReader {
  /** Sets the columns of `row` from the bytes at `start` to `end`; returns the reason why the line is none of the format, or undefined. */
  read(line: Line, row: number): string | undefined;
}

/** A line of text: valid UTF-8, without its line end. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Timestamp of its record, ms. */
  readonly timestamp: number;
}

/** Decodes one line of text per record with a reader of its format. */
export class LineDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #columns: RowColumns<T>;
  readonly #reader: LineReader;
  readonly #maxBytes: number;

  constructor(columns: RowColumns<T>, reader: LineReader, maxBytes: number) {
    this.#columns = columns;
    this.#reader = reader;
    this.#maxBytes = maxBytes;
  }

  decode(records: RecordColumns): DecodedRows<T> {
    const { bytes } = records;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const record = new Int32Array(records.count);
    const rejects: UndecodableRecord[] = [];
    this.#columns.begin(records.count);
    let rows = 0;
    for (let index = 0; index < records.count; index++) {
      const start = records.valueStart[index] as number;
      const end = start + (records.valueLength[index] as number);
      const reason = this.#unreadable(view, bytes, start, end) ?? this.#row(records, index, start, end, rows);
      if (reason === undefined) record[rows++] = index;
      else {
        this.#columns.clearRow(rows);
        rejects.push({ record: index, reason });
      }
    }
    return { batch: this.#columns.finish(rows), record: record.subarray(0, rows), rejects };
  }

  #unreadable(view: DataView, bytes: Uint8Array, start: number, end: number): string | undefined {
    if (end < start) return 'no value (a tombstone)';
    if (end - start > this.#maxBytes) return `${end - start} bytes, more than the limit of ${this.#maxBytes}`;
    return isAscii(view, start, end) || isUtf8(bytes.subarray(start, end)) ? undefined : 'invalid UTF-8';
  }

  #row(records: RecordColumns, index: number, start: number, end: number, row: number): string | undefined {
    const { bytes } = records;
    const line = { bytes, start, end: withoutLineEnd(bytes, start, end), timestamp: records.timestamp[index] as number };
    const reason = this.#reader.read(line, row);
    if (reason !== undefined) return reason;
    const missing = this.#columns.missing(row);
    if (missing < 0) return undefined;
    const found = this.#columns.builders[missing]?.state[row] === NULL ? 'empty' : 'missing';
    return `column '${this.#columns.names[missing]}' is required and ${found}`;
  }
}

function withoutLineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === 0x0a) at--;
  if (at > start && bytes[at - 1] === 0x0d) at--;
  return at;
}

/** Most lines are ASCII: four bytes at a time are looked at before the native check of UTF-8 is called. */
function isAscii(view: DataView, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) seen |= view.getInt32(at, true);
  for (; at < end; at++) seen |= view.getUint8(at);
  return (seen & 0x80808080) === 0;
}

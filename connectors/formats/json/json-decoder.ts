import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import type { DecodedRows, Decoder, RecordColumns, UndecodableRecord } from '../../contract/index.ts';
import { NULL, RowColumns } from '../columns/index.ts';
import { assignRow } from './assign-row.ts';
import type { JsonOptions } from './json-options.ts';
import { JsonScanner } from './json-scanner.ts';
import { type ObjectLayout, objectLayout } from './object-layout.ts';
import { JsonSyntaxError, parseJson } from './parse-json.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes one JSON object per record: plain ones by the scanner, the others by a strict parser that also gives the reason of a reject. */
export class JsonDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #columns: RowColumns<T>;
  readonly #layout: ObjectLayout;
  readonly #scanner: JsonScanner;
  readonly #options: JsonOptions;

  constructor(schema: BatchSchema<T>, options: JsonOptions) {
    this.#options = options;
    this.#columns = new RowColumns(schema, 'json');
    this.#layout = objectLayout(this.#columns.names, options.paths);
    this.#scanner = new JsonScanner(this.#layout, this.#columns.builders, options.unknown === 'ignore');
  }

  decode(records: RecordColumns): DecodedRows<T> {
    const record = new Int32Array(records.count);
    const rejects: UndecodableRecord[] = [];
    this.#columns.begin(records.count);
    this.#scanner.begin(records.bytes);
    let rows = 0;
    for (let index = 0; index < records.count; index++) {
      const start = records.valueStart[index] as number;
      const length = records.valueLength[index] as number;
      const reason = this.#row(records.bytes, start, length, rows);
      if (reason === undefined) record[rows++] = index;
      else {
        this.#columns.clearRow(rows);
        rejects.push({ record: index, reason });
      }
    }
    this.#scanner.release();
    return { batch: this.#columns.finish(rows), record: record.subarray(0, rows), rejects };
  }

  /** Decodes one value into `row`; the reason why it is rejected, or undefined. */
  #row(bytes: Uint8Array, start: number, length: number, row: number): string | undefined {
    if (length <= 0) return length < 0 ? 'no value (a tombstone)' : 'empty value';
    if (length > this.#options.maxBytes) return `${length} bytes, more than the limit of ${this.#options.maxBytes}`;
    if (!this.#scanner.scan(start, start + length, row)) {
      this.#columns.clearRow(row);
      const reason = this.#slowly(bytes.subarray(start, start + length), row);
      if (reason !== undefined) return reason;
    }
    const missing = this.#columns.missing(row);
    if (missing < 0) return undefined;
    const found = this.#columns.builders[missing]?.state[row] === NULL ? 'null' : 'missing';
    return `column '${this.#columns.names[missing]}' is required and ${found}`;
  }

  #slowly(bytes: Uint8Array, row: number): string | undefined {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return 'invalid UTF-8';
    }
    try {
      return assignRow(parseJson(text), this.#layout, this.#columns as RowColumns<never>, row, this.#options.unknown === 'reject');
    } catch (thrown) {
      if (thrown instanceof JsonSyntaxError) return `broken JSON: ${thrown.message}`;
      throw thrown;
    }
  }
}

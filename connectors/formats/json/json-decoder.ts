import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { DecodedRows, Decoder, RecordColumns, UndecodableRecord } from '../../contract/index.ts';
import { NULL, otherRows, PRESENT, RowColumns, TextColumn } from '../columns/index.ts';
import { ScannerDictionary, ScannerMemory } from '../scanner/index.ts';
import { assignRow, type UnknownFields } from './assign-row.ts';
import { BlockScanner } from './block-scanner.ts';
import type { JsonOptions } from './json-options.ts';
import { JsonScanner } from './json-scanner.ts';
import { type ObjectLayout, objectLayout } from './object-layout.ts';
import { JsonSyntaxError, parseJson } from './parse-json.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes one JSON object per record, in three ways that agree: plain records by the kernel, a block at a time; the others by a scanner in TypeScript (numbers
 * of very many digits); what this refuses too (escapes, broken JSON) by a strict parser that also gives the reason of a reject.
 */
export class JsonDecoder<T extends TypeMap> implements Decoder<T> {
  readonly #columns: RowColumns<T>;
  readonly #layout: ObjectLayout;
  readonly #blocks: BlockScanner<T>;
  readonly #scanner: JsonScanner;
  readonly #options: JsonOptions;
  readonly #unknown: UnknownFields;

  constructor(schema: BatchSchema<T>, options: JsonOptions) {
    const memory = new ScannerMemory();
    const skipUnknown = options.unknown === 'ignore' && options.capture === undefined;
    this.#options = options;
    this.#columns = new RowColumns(schema, 'json', () => new ScannerDictionary(memory));
    this.#layout = objectLayout(this.#columns.names, options.paths, options.capture);
    this.#unknown = unknownFields(this.#columns as RowColumns<never>, options);
    this.#blocks = new BlockScanner(memory, this.#layout, this.#columns, skipUnknown, options.maxBytes);
    this.#scanner = new JsonScanner(this.#layout, this.#columns.builders, skipUnknown);
  }

  decode(records: RecordColumns): DecodedRows<T> {
    const { count, bytes } = records;
    const refused = this.#blocks.scan(records);
    const reasons = new Map<number, string>();
    if (refused.includes(1)) this.#readRefused(records, refused, reasons);
    else this.#blocks.takeTexts(bytes, count);
    this.#checkRequired(count, reasons);
    const rejects = [...reasons].sort(([a], [b]) => a - b).map(([index, reason]): UndecodableRecord => ({ record: index, reason }));
    const gone = Int32Array.from(rejects, ({ record }) => record);
    const batch = gone.length === 0 ? this.#columns.finish(count) : this.#columns.finishWithout(gone, count);
    return { batch, record: otherRows(gone, count), rejects };
  }

  /** Reads the records that the kernel refused, each into its row; text columns are filled in the order of rows. */
  #readRefused(records: RecordColumns, refused: Uint8Array, reasons: Map<number, string>): void {
    const { bytes, valueStart, valueLength } = records;
    this.#blocks.beginTexts(records.count);
    this.#scanner.begin(bytes);
    for (let index = 0; index < records.count; index++) {
      if (refused[index] === 0) {
        this.#blocks.putTexts(bytes, index);
        continue;
      }
      const reason = this.#row(bytes, valueStart[index] as number, valueLength[index] as number, index);
      if (reason === undefined) continue;
      reasons.set(index, reason);
      this.#columns.clearRow(index);
    }
    this.#scanner.release();
  }

  /** Decodes one value into `row`; the reason why it is rejected, or undefined. */
  #row(bytes: Uint8Array, start: number, length: number, row: number): string | undefined {
    if (length <= 0) return length < 0 ? 'no value (a tombstone)' : 'empty value';
    if (length > this.#options.maxBytes) return `${length} bytes, more than the limit of ${this.#options.maxBytes}`;
    if (this.#scanner.scan(start, start + length, row)) return undefined;
    this.#columns.clearRow(row);
    return this.#slowly(bytes.subarray(start, start + length), row);
  }

  #checkRequired(count: number, reasons: Map<number, string>): void {
    for (const column of this.#columns.required) {
      const state = this.#columns.builders[column]?.state as Uint8Array;
      for (let row = 0; row < count; row++) {
        if (state[row] === PRESENT || reasons.has(row)) continue;
        reasons.set(row, `column '${this.#columns.names[column]}' is required and ${state[row] === NULL ? 'null' : 'missing'}`);
      }
    }
  }

  #slowly(bytes: Uint8Array, row: number): string | undefined {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return 'invalid UTF-8';
    }
    try {
      return assignRow(parseJson(text), this.#layout, this.#columns as RowColumns<never>, row, this.#unknown);
    } catch (thrown) {
      if (thrown instanceof JsonSyntaxError) return `broken JSON: ${thrown.message}`;
      throw thrown;
    }
  }
}

/** What is done with fields that are no column. */
function unknownFields(columns: RowColumns<never>, { unknown, capture }: JsonOptions): UnknownFields {
  if (capture === undefined) return unknown;
  const builder = columns.builders[columns.names.indexOf(capture)];
  if (builder instanceof TextColumn && builder.kind === 'text') return builder;
  throw new MillraceError('INVALID_OPTION', `json: column '${capture}' cannot capture fields`, { hint: 'capture needs a utf8 column' });
}

import type { TypeMap } from 'apache-arrow';
import { MillraceError } from '../../../streams/index.ts';
import { type ColumnBuilder, misfit, NULL, putText, type RowColumns } from '../columns/index.ts';
import type { Line, LineReader } from '../lines/index.ts';
import type { CsvOptions } from './csv.ts';

/** Reads the fields of one CSV row. */
export class CsvReader<T extends TypeMap> implements LineReader {
  readonly #columns: RowColumns<T>;
  /** Per field: its column, or -1. */
  readonly #order: Int32Array;
  readonly #nulls: readonly Uint8Array[];
  readonly #delimiter: number;
  readonly #quote: number;

  constructor(columns: RowColumns<T>, options: CsvOptions) {
    const fields = options.fields ?? columns.names;
    const lost = columns.names.find((name) => !fields.includes(name));
    if (lost !== undefined) {
      throw new MillraceError('INVALID_OPTION', `csv: column '${lost}' is none of the fields`, {
        hint: `the fields are ${fields.join(', ')}`,
      });
    }
    this.#columns = columns;
    this.#order = Int32Array.from(fields, (name) => columns.names.indexOf(name));
    this.#nulls = options.nulls.map((text) => new TextEncoder().encode(text));
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote.charCodeAt(0);
  }

  read({ bytes, start, end }: Line, row: number): string | undefined {
    if (start === end && this.#order.length > 1) return 'empty row';
    let at = start;
    for (let field = 0; field < this.#order.length; field++) {
      const quoted = at < end && bytes[at] === this.#quote;
      const stop = quoted ? this.#quotedEnd(bytes, at, end) : this.#plainEnd(bytes, at, end);
      if (stop < 0) return `the quotes of field ${field + 1} do not end, or text follows them`;
      const last = field === this.#order.length - 1;
      if (last !== (stop === end)) return `expected ${this.#order.length} fields, found ${last ? 'more' : field + 1}`;
      const column = this.#order[field] as number;
      const problem =
        column < 0 ? undefined : quoted ? this.#quoted(column, row, bytes, at + 1, stop - 1) : this.#plain(column, row, bytes, at, stop);
      if (problem !== undefined) return problem;
      at = stop + 1;
    }
    return undefined;
  }

  #plainEnd(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] !== this.#delimiter) at++;
    return at;
  }

  /** Position after the closing quote, where a delimiter or the end must stand; -1 when there is none. */
  #quotedEnd(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start + 1; at < end; at++) {
      if (bytes[at] !== this.#quote) continue;
      if (at + 1 < end && bytes[at + 1] === this.#quote) at++;
      else return at + 1 === end || bytes[at + 1] === this.#delimiter ? at + 1 : -1;
    }
    return -1;
  }

  #plain(column: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    for (const text of this.#nulls) {
      if (text.length !== end - start || !text.every((byte, index) => byte === bytes[start + index])) continue;
      (this.#columns.builders[column] as ColumnBuilder).state[row] = NULL;
      return undefined;
    }
    return this.#put(column, row, bytes, start, end);
  }

  #quoted(column: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    let doubled = start;
    while (doubled < end && bytes[doubled] !== this.#quote) doubled++;
    if (doubled === end) return this.#put(column, row, bytes, start, end);
    const text = new Uint8Array(end - start);
    let length = 0;
    for (let at = start; at < end; at++) {
      text[length++] = bytes[at] as number;
      if (bytes[at] === this.#quote) at++;
    }
    return this.#put(column, row, text, 0, length);
  }

  #put(column: number, row: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const builder = this.#columns.builders[column] as ColumnBuilder;
    return putText(builder, row, bytes, start, end) ? undefined : misfit(this.#columns.names[column] as string, builder, bytes, start, end);
  }
}

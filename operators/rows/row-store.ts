import type { Data } from 'apache-arrow';
import { type Batch, type BatchSchema, makeBatch, type RowSelection, takeData, takeNumbers } from '../../columnar/index.ts';
import { MillraceError, type Origin, type StreamBatch } from '../../streams/index.ts';
import { type GrowingColumn, growingColumn } from './growing-column.ts';
import { GrowingNumbers } from './growing-numbers.ts';
import type { RefitRows } from './refit-rows.ts';
import { rowsWhere } from './rows-where.ts';

/**
 * Rows that an operator keeps, numbered in the order they came. A row is copied once when it is added, and again when {@link keep} drops others: called whenever the rows to
 * drop outnumber those to keep, that is a copy or two a row, however many rows are kept.
 */
export class RowStore {
  #schema: BatchSchema | undefined;
  #columns: GrowingColumn[] = [];
  #ordinal = new GrowingNumbers(Float64Array);
  #sub = new GrowingNumbers(Int32Array);
  #watermark = new GrowingNumbers(Float64Array);
  #availableAt: GrowingNumbers<Float64Array> | undefined;
  #origin: Origin = { source: 'state', partition: 0 };
  /** Given where the rows at hand may have other columns than the next ones. */
  refit: RefitRows | undefined;

  get rows(): number {
    return this.#ordinal.length;
  }

  /** False until a first batch has told the columns. */
  get hasColumns(): boolean {
    return this.#schema !== undefined;
  }

  append(input: StreamBatch): void {
    const { rows } = this;
    if (this.refit !== undefined && rows > 0) this.#begin(this.refit(this.take(rowsWhere(rows, () => true)).batch, input.batch));
    this.refit = undefined;
    if (this.#schema === undefined || (rows === 0 && this.#schema !== input.batch.schema)) this.#begin(input.batch);
    else if (input.batch.numRows > 0) this.#appendColumns(input.batch);
    if (input.availableAt !== undefined && this.#availableAt === undefined) {
      this.#availableAt = new GrowingNumbers(Float64Array);
      this.#availableAt.append(new Float64Array(rows).fill(Number.NaN));
    }
    this.#availableAt?.append(input.availableAt ?? new Float64Array(input.batch.numRows).fill(Number.NaN));
    this.#ordinal.append(input.ordinal);
    this.#sub.append(input.sub);
    this.#watermark.append(input.watermark);
    this.#origin = input.origin;
  }

  #begin(batch: Batch): void {
    this.#schema = batch.schema;
    this.#columns = batch.data.children.map((data) => {
      const column = growingColumn(data);
      column.append(data);
      return column;
    });
  }

  #appendColumns(batch: Batch): void {
    this.#columns = this.#columns.map((column, index) => {
      const field = this.#schema?.fields[index];
      const data = batch.data.children[index];
      if (data === undefined || batch.schema.fields[index]?.name !== field?.name)
        throw new MillraceError('SCHEMA_MISMATCH', `the stream's columns have changed: '${field?.name}' is not where it was`);
      return this.#appended(column, data, index, batch);
    });
  }

  /** A column of nulls alone takes any type: a join cannot tell the types of a stream that has brought nothing yet. */
  #appended(column: GrowingColumn, data: Data, index: number, batch: Batch): GrowingColumn {
    const known = this.#schema?.fields[index]?.type;
    if (known === data.type || String(known) === String(data.type)) {
      column.append(data);
      return column;
    }
    const nulls = (rows: number) => new Int32Array(rows).fill(-1);
    if (data.nullCount === data.length) {
      column.append(takeData(column.data(), nulls(data.length)));
      return column;
    }
    const held = column.data();
    if (held.nullCount < held.length)
      throw new MillraceError('SCHEMA_MISMATCH', `column '${batch.schema.fields[index]?.name}' was ${known} and is ${data.type} now`);
    const retyped = growingColumn(data);
    retyped.append(takeData(data, nulls(held.length)));
    retyped.append(data);
    this.#schema = this.#schema?.assign(batch.schema.select([batch.schema.fields[index]?.name as never]));
    return retyped;
  }

  /** The values of a column at `rows`, null where a row is negative; undefined where there is no such column. */
  column(name: string, rows: Int32Array | RowSelection): Data | undefined {
    const index = this.#schema?.fields.findIndex((field) => field.name === name) ?? -1;
    return this.#columns[index]?.take(rows);
  }

  /** The places of the rows in the stream. */
  get order(): Pick<StreamBatch, 'ordinal' | 'sub' | 'watermark'> {
    return { ordinal: this.#ordinal.all, sub: this.#sub.all, watermark: this.#watermark.all };
  }

  /** By row, when it could be known; absent where no row was derived from later ones. */
  get availableAt(): Float64Array | undefined {
    return this.#availableAt?.all;
  }

  /** The rows named, with their places; without a copy where they follow each other. */
  take(rows: Int32Array): StreamBatch {
    const { all: ordinal } = this.#ordinal;
    const [from, until] = [rows[0] ?? 0, (rows[0] ?? 0) + rows.length];
    const schema = this.#schema as BatchSchema;
    if (isRun(rows)) {
      const columns = this.#columns.map((column) => column.data().slice(from, rows.length));
      return {
        batch: makeBatch(schema, columns, rows.length),
        origin: this.#origin,
        ordinal: ordinal.subarray(from, until),
        sub: this.#sub.all.subarray(from, until),
        watermark: this.#watermark.all.subarray(from, until),
        ...(this.#availableAt === undefined ? {} : { availableAt: this.#availableAt.all.subarray(from, until) }),
      };
    }
    return {
      batch: makeBatch(
        schema,
        this.#columns.map((column) => column.take(rows)),
        rows.length,
      ),
      origin: this.#origin,
      ordinal: takeNumbers(ordinal, rows),
      sub: takeNumbers(this.#sub.all, rows),
      watermark: takeNumbers(this.#watermark.all, rows),
      ...(this.#availableAt === undefined ? {} : { availableAt: takeNumbers(this.#availableAt.all, rows) }),
    };
  }

  /** Drops all rows but those named, ascending; they are numbered anew from 0. */
  keep(rows: Int32Array): void {
    if (this.#schema === undefined) return;
    this.#columns = this.#columns.map((column) => column.keep(rows));
    this.#ordinal = this.#ordinal.keep(rows);
    this.#sub = this.#sub.keep(rows);
    this.#watermark = this.#watermark.keep(rows);
    this.#availableAt = this.#availableAt?.keep(rows);
  }
}

function isRun(rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i] !== (rows[i - 1] as number) + 1) return false;
  return true;
}

import { createRequire } from 'node:module';
import { DataType, type Field, Schema, TimeUnit, vectorFromArray } from 'apache-arrow';
import { type BatchSchema, batchToIpc, emptyBatch, makeBatch } from '../../../columnar/index.ts';
import { type Footer, readFooter } from '../format/footer.ts';
import { arrowSchema } from './arrow-schema.ts';
import type { DecodedBlock } from './column-block.ts';
import type { ChunkRequest, Engine, EngineFile } from './engine.ts';

/** What we use of parquetjs, which ships no types. */
interface RowReader {
  getCursor(columns: readonly string[]): RowCursor;
  close(): Promise<void>;
}

interface RowCursor {
  rowGroupIndex: number;
  next(): Promise<Readonly<Record<string, unknown>> | null>;
}

/**
 * parquetjs, for files that it wrote itself: it reads row objects, about a hundred times as slowly as parquet-wasm, and not the encodings that other
 * writers use. The Arrow types are those of the footer.
 */
export const parquetjsEngine: Engine = {
  open: async (path) => {
    const footer = readFooter(path);
    if (!/parquet\.?js/i.test(footer.createdBy))
      throw new Error(
        `the engine parquetjs reads only files that parquetjs wrote, and this one was written by '${footer.createdBy}'; leave the option engine out`,
      );
    const { ParquetReader } = createRequire(import.meta.url)('parquetjs') as {
      ParquetReader: { openFile(path: string): Promise<RowReader> };
    };
    return new RowFile(footer, await ParquetReader.openFile(path));
  },
};

class RowFile implements EngineFile {
  readonly #schema: BatchSchema;
  readonly #reader: RowReader;

  constructor(footer: Footer, reader: RowReader) {
    this.#schema = arrowSchema(footer);
    this.#reader = reader;
  }

  schema(): Uint8Array {
    return batchToIpc(emptyBatch(this.#schema));
  }

  async *chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock> {
    const cursor = this.#reader.getCursor([...request.columns]);
    cursor.rowGroupIndex = request.rowGroup;
    for (let row = 0; row < request.skip; row++) await cursor.next();
    for (let row = request.skip; row < request.rows; row += request.chunkRows)
      yield await this.#chunk(cursor, request.columns, Math.min(request.chunkRows, request.rows - row));
  }

  async #chunk(cursor: RowCursor, columns: readonly string[], rows: number): Promise<DecodedBlock> {
    const fields = this.#schema.fields.filter((field) => columns.includes(field.name));
    const cells: unknown[][] = fields.map(() => []);
    for (let row = 0; row < rows; row++) {
      const record = await cursor.next();
      if (record === null) throw new RangeError('it holds fewer rows than the footer says');
      for (const [column, field] of fields.entries()) cells[column]?.push(cellOf(record[field.name as string], field));
    }
    const data = fields.map((field, column) => vectorFromArray(cells[column] as never[], field.type).data[0]);
    return { bytes: batchToIpc(makeBatch(new Schema(fields), data as never, rows)) as Uint8Array<ArrayBuffer> };
  }

  close(): void {
    this.#reader.close().catch(() => {});
  }
}

/** A value of parquetjs as Arrow's builders take it: parquetjs gives dates for instants, numbers for 64-bit integers, objects for JSON. */
function cellOf(value: unknown, field: Field): unknown {
  const type: DataType = field.type;
  if (value === undefined || value === null) return null;
  if (DataType.isTimestamp(type)) {
    const milliseconds = BigInt(value instanceof Date ? value.getTime() : (value as number));
    return type.unit === TimeUnit.MICROSECOND ? milliseconds * 1000n : milliseconds;
  }
  if (DataType.isInt(type) && type.bitWidth === 64) return BigInt(value as number);
  if (DataType.isDate(type)) return value instanceof Date ? value : new Date((value as number) * 86_400_000);
  if (DataType.isTime(type) && type.bitWidth === 64) return BigInt(value as number);
  if (DataType.isUtf8(type)) return typeof value === 'string' ? value : JSON.stringify(value);
  if (typeof value === 'object' && !(value instanceof Uint8Array))
    throw new TypeError(`column '${field.name}' is nested, which the engine parquetjs does not read here`);
  return value;
}

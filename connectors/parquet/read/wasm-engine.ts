import { closeSync, openAsBlob, openSync, readSync } from 'node:fs';
import { ParquetFile, type RecordBatch, readParquet } from 'parquet-wasm/node';
import { type Footer, readFooter } from '../format/footer.ts';
import { emptyFile, rowGroupFile } from '../format/row-group-file.ts';
import type { ChunkRequest, Engine, EngineFile } from './engine.ts';

/**
 * parquet-wasm, row group by row group. A group of which all columns are wanted at once is handed over as a file of its own to the library's
 * synchronous reader: a panic there is an error here, where the asynchronous reader would never answer. That reader is needed for some columns only,
 * and to stream large groups: WASM memory never shrinks, and so it holds their compressed bytes and one chunk of rows, not all rows.
 */
export const wasmEngine: Engine = {
  open: async (path) => new WasmFile(readFooter(path)),
};

class WasmFile implements EngineFile {
  readonly #footer: Footer;
  readonly #file: number;
  readonly #columns: number;
  #blobReader: Promise<ParquetFile> | undefined;

  constructor(footer: Footer) {
    this.#footer = footer;
    this.#file = openSync(footer.path, 'r');
    this.#columns = new Set(footer.rowGroups[0]?.columns.map((column) => column.root)).size;
  }

  schema(): Uint8Array {
    return readParquet(emptyFile(this.#footer.thrift)).schema.intoIPCStream();
  }

  async *chunks(request: ChunkRequest): AsyncGenerator<Uint8Array> {
    const whole = request.chunkRows >= request.rows;
    if (whole && request.columns.length === this.#columns) yield this.#readAlone(request);
    // `intoIPCStream` frees the rows: without it they would stay in WASM memory.
    else if (whole) yield (await (await this.#reader()).read(optionsOf(request))).intoIPCStream();
    else yield* this.#stream(request);
  }

  #readAlone(request: ChunkRequest): Uint8Array {
    const bytes = rowGroupFile(this.#footer.thrift, request.rowGroup, (into, position) => {
      if (readSync(this.#file, into, 0, into.length, position) < into.length) throw new RangeError('the file ends within it');
    });
    return readParquet(bytes, { ...optionsOf(request), rowGroups: [0] }).intoIPCStream();
  }

  async *#stream(request: ChunkRequest): AsyncGenerator<Uint8Array> {
    const stream = await (await this.#reader()).stream({ ...optionsOf(request), concurrency: 1 });
    const reader = stream.getReader() as ReadableStreamDefaultReader<RecordBatch>;
    try {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value.intoIPCStream();
    } finally {
      await reader.cancel();
    }
  }

  #reader(): Promise<ParquetFile> {
    this.#blobReader ??= openAsBlob(this.#footer.path).then((blob) => ParquetFile.fromFile(blob));
    return this.#blobReader;
  }

  close(): void {
    closeSync(this.#file);
    this.#blobReader?.then(
      (reader) => reader.free(),
      () => {},
    );
  }
}

const optionsOf = (request: ChunkRequest) => ({
  rowGroups: [request.rowGroup],
  columns: [...request.columns],
  batchSize: request.chunkRows,
  ...(request.skip > 0 ? { offset: request.skip } : {}),
});

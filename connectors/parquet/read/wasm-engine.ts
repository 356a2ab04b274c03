import { openAsBlob } from 'node:fs';
import { ParquetFile, type RecordBatch } from 'parquet-wasm/node';
import type { ChunkRequest, Engine, EngineFile } from './engine.ts';

/**
 * parquet-wasm, row group by row group: the file is a Blob, of which only the footer and the wanted column chunks are read. Its memory never
 * shrinks, so large row groups are streamed, which keeps their compressed bytes and one chunk of decoded rows, not all rows.
 */
export const wasmEngine: Engine = {
  open: async (path) => new WasmFile(await ParquetFile.fromFile(await openAsBlob(path))),
};

class WasmFile implements EngineFile {
  readonly #file: ParquetFile;

  constructor(file: ParquetFile) {
    this.#file = file;
  }

  schema(): Uint8Array {
    return this.#file.schema().intoIPCStream();
  }

  async *chunks(request: ChunkRequest): AsyncGenerator<Uint8Array> {
    const options = {
      rowGroups: [request.rowGroup],
      columns: [...request.columns],
      batchSize: request.chunkRows,
      ...(request.skip > 0 ? { offset: request.skip } : {}),
    };
    if (request.chunkRows >= request.rows) {
      // `intoIPCStream` frees the table: without it the decoded rows would stay in WASM memory.
      yield (await this.#file.read(options)).intoIPCStream();
      return;
    }
    const reader = (await this.#file.stream({ ...options, concurrency: 1 })).getReader() as ReadableStreamDefaultReader<RecordBatch>;
    try {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value.intoIPCStream();
    } finally {
      await reader.cancel();
    }
  }

  close(): void {
    this.#file.free();
  }
}

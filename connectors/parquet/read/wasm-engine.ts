import { closeSync, openAsBlob, openSync, readSync } from 'node:fs';
import type { ParquetFile, RecordBatch, Table } from 'parquet-wasm/node';
import { readFooterBytes } from '../format/footer-bytes.ts';
import { parquetWasm } from '../format/parquet-wasm.ts';
import { emptyFile, RowGroupFiles } from '../format/row-group-file.ts';
import { readThrift } from '../format/thrift-reader.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { DecodedBlock } from './column-block.ts';
import { copyColumns } from './copy-columns.ts';
import type { ChunkRequest, Engine, EngineFile } from './engine.ts';

/**
 * parquet-wasm, row group by row group. A group of which all columns are wanted at once is handed over as a file of its own to the library's
 * synchronous reader: a panic there is an error here, where the asynchronous reader would never answer. That reader is needed for some columns only,
 * and to stream large groups: WASM memory never shrinks, and so it holds their compressed bytes and one chunk of rows, not all rows.
 */
export const wasmEngine: Engine = {
  open: async (path) => new WasmFile(path, readThrift(readFooterBytes(path).bytes)),
};

class WasmFile implements EngineFile {
  readonly #path: string;
  readonly #groups: RowGroupFiles;
  readonly #file: number;
  /** Number of top-level columns. */
  readonly #columns: number;
  #blobReader: Promise<ParquetFile> | undefined;

  constructor(path: string, footer: ThriftStruct) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    this.#columns = footer.structs(2)[0]?.number(5) ?? 0;
    this.#groups = new RowGroupFiles(footer, (into, position) => {
      if (readSync(this.#file, into, 0, into.length, position) < into.length) throw new RangeError('the file ends within it');
    });
  }

  schema(): Uint8Array {
    return parquetWasm().readParquet(emptyFile(this.#groups.footer)).schema.intoIPCStream();
  }

  async *chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock> {
    const whole = request.chunkRows >= request.rows;
    if (whole && request.columns.length === this.#columns) yield this.#readAlone(request);
    else if (whole) yield blockOf(await (await this.#reader()).read(optionsOf(request)));
    else yield* this.#stream(request);
  }

  #readAlone(request: ChunkRequest): DecodedBlock {
    const options = { ...optionsOf(request), rowGroups: [0] };
    return blockOf(parquetWasm().readParquet(this.#groups.file(request.rowGroup), options));
  }

  async *#stream(request: ChunkRequest): AsyncGenerator<DecodedBlock> {
    const stream = await (await this.#reader()).stream({ ...optionsOf(request), concurrency: 1 });
    const reader = stream.getReader() as ReadableStreamDefaultReader<RecordBatch>;
    try {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield blockOf(chunk.value);
    } finally {
      await reader.cancel();
    }
  }

  #reader(): Promise<ParquetFile> {
    this.#blobReader ??= openAsBlob(this.#path).then((blob) => parquetWasm().ParquetFile.fromFile(blob));
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

/** Takes rows out of WASM memory, and frees them there. */
function blockOf(rows: Table | RecordBatch): DecodedBlock {
  const copied = 'numBatches' in rows ? copyTable(rows) : copyBatch(rows);
  // `intoIPCStream` frees by itself.
  if (copied === undefined) return { bytes: rows.intoIPCStream() as Uint8Array<ArrayBuffer> };
  rows.free();
  return copied;
}

function copyTable(table: Table): DecodedBlock | undefined {
  if (table.numBatches !== 1) return undefined;
  const exported = table.toFFI();
  try {
    return copyColumns(parquetWasm().wasmMemory().buffer as ArrayBuffer, exported.arrayAddr(0), exported.schemaAddr());
  } finally {
    exported.free();
  }
}

function copyBatch(batch: RecordBatch): DecodedBlock | undefined {
  const exported = batch.toFFI();
  try {
    return copyColumns(parquetWasm().wasmMemory().buffer as ArrayBuffer, exported.arrayAddr(), exported.schemaAddr());
  } finally {
    exported.free();
  }
}

const optionsOf = (request: ChunkRequest) => ({
  rowGroups: [request.rowGroup],
  columns: [...request.columns],
  batchSize: request.chunkRows,
  ...(request.skip > 0 ? { offset: request.skip } : {}),
});

import { openAsBlob } from 'node:fs';
import type { ParquetFile, RecordBatch, Table } from 'parquet-wasm/node';
import { FOOTER_TAIL, readFooterBytes } from '../format/footer-bytes.ts';
import { type LibraryFooter, libraryFooter } from '../format/library-footer.ts';
import { parquetWasm } from '../format/parquet-wasm.ts';
import { fileTail, RowGroupFiles } from '../format/row-group-file.ts';
import { readThrift } from '../format/thrift-reader.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { BytesBlock, DecodedBlock } from './column-block.ts';
import { copyColumns } from './copy-columns.ts';
import type { ChunkRequest } from './engine.ts';

/**
 * A file as parquet-wasm reads it, row group by row group. The library is given a group as a file of its own, for its synchronous reader: a panic there is
 * an error here, where the asynchronous reader would never answer. That reader only streams large groups, in a thread that a panic ends: WASM memory never
 * shrinks, and so it holds their compressed bytes and one chunk of rows, not all rows.
 */
export class LibraryFile {
  readonly #path: string;
  readonly #own: ThriftStruct;
  /** Where the file's own footer begins. */
  readonly #dataEnd: number;
  readonly #read: LibraryFooter;
  readonly #groups: RowGroupFiles;
  readonly #wholeGroups: boolean;
  /** Of the top-level columns. */
  readonly #names: readonly string[];
  #blobReader: Promise<ParquetFile> | undefined;

  constructor(path: string, read: (into: Uint8Array, position: number) => void, wholeGroups: boolean) {
    const { bytes, fileBytes } = readFooterBytes(path);
    this.#path = path;
    this.#wholeGroups = wholeGroups;
    this.#own = readThrift(bytes);
    this.#dataEnd = fileBytes - bytes.length - FOOTER_TAIL;
    this.#names = topLevelNames(this.#own);
    this.#read = libraryFooter(this.#own);
    this.#groups = new RowGroupFiles(this.#read.footer, read);
  }

  schema(): Uint8Array {
    return this.#read.schema;
  }

  async *chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock> {
    const whole = request.chunkRows >= request.rows;
    const all = request.columns.length === this.#names.length;
    const alone = this.#wholeGroups || (whole && all) ? this.#readAlone(request) : undefined;
    if (alone !== undefined) yield alone;
    else if (whole) yield blockOf(await (await this.#reader()).read(optionsOf(request)));
    else yield* this.#stream(request);
  }

  /** The synchronous reader gives all columns: those that nobody asked for are left out. Undefined where they cannot be told apart. */
  #readAlone(request: ChunkRequest): DecodedBlock | undefined {
    const file = this.#groups.file(request.rowGroup);
    const options = { ...optionsOf(request), rowGroups: [0], batchSize: request.rows };
    return picked(blockOf(parquetWasm().readParquet(file, options)), this.#names, request.columns);
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
    this.#blobReader ??= this.#blob().then((blob) => parquetWasm().ParquetFile.fromFile(blob));
    return this.#blobReader;
  }

  /** The file, with the footer that the library reads. */
  async #blob(): Promise<Blob> {
    const blob = await openAsBlob(this.#path);
    const { footer } = this.#read;
    return footer === this.#own ? blob : new Blob([blob.slice(0, this.#dataEnd), fileTail(footer) as Uint8Array<ArrayBuffer>]);
  }

  close(): void {
    this.#blobReader?.then(
      (reader) => reader.free(),
      () => {},
    );
  }
}

/** Takes rows out of WASM memory, and frees them there. */
function blockOf(rows: Table | RecordBatch): BytesBlock {
  const copied = 'numBatches' in rows ? copyTable(rows) : copyBatch(rows);
  // `intoIPCStream` frees by itself.
  if (copied === undefined) return { bytes: rows.intoIPCStream() as Uint8Array<ArrayBuffer> };
  rows.free();
  return copied;
}

function copyTable(table: Table): BytesBlock | undefined {
  if (table.numBatches !== 1) return undefined;
  const exported = table.toFFI();
  try {
    return copyColumns(parquetWasm().wasmMemory().buffer as ArrayBuffer, exported.arrayAddr(0), exported.schemaAddr());
  } finally {
    exported.free();
  }
}

function copyBatch(batch: RecordBatch): BytesBlock | undefined {
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

function picked(block: BytesBlock, names: readonly string[], wanted: readonly string[]): DecodedBlock | undefined {
  if (wanted.length === names.length) return block;
  return block.layout && { bytes: block.bytes, layout: block.layout.filter((_, column) => wanted.includes(names[column] as string)) };
}

function topLevelNames(footer: ThriftStruct): string[] {
  const elements = footer.structs(2);
  const names: string[] = [];
  for (let at = 1, open = 0; at < elements.length; at++) {
    const element = elements[at] as ThriftStruct;
    if (open === 0) names.push(element.text(4) ?? '');
    else open--;
    open += element.number(5) ?? 0;
  }
  return names;
}

import type { PageProgram } from '../../../kernels/index.ts';
import type { FlatColumn } from '../decode/flat-column.ts';
import type { DecodedBlock } from './column-block.ts';

/** Which rows and columns of a file to decode. */
export interface ChunkRequest {
  readonly rowGroup: number;
  /** Top-level columns to read, in the file's order. */
  readonly columns: readonly string[];
  /** Their pages, where all of them are flat; an engine may decode them by other means. */
  readonly flat?: readonly FlatColumn[] | undefined;
  /** Rows of the row group to pass over. */
  readonly skip: number;
  /** Rows of the row group, and rows per chunk: equal when the group is small enough to be decoded at once, which is a fifth faster. */
  readonly rows: number;
  readonly chunkRows: number;
  /** The first chunk and no other: nothing is kept of the group when it has been given. */
  readonly once?: boolean;
}

/** One open file. Chunks are bytes, which move between threads without a copy. */
export interface EngineFile {
  /** An IPC stream without batches. */
  schema(): Uint8Array | Promise<Uint8Array>;
  chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock>;
  close(): void;
}

/** A library that decodes Parquet files. Those that one engine has opened share its memory. */
export interface Engine {
  open(path: string): Promise<EngineFile>;
}

export interface EngineOptions {
  /** What decodes flat columns. */
  readonly pages: PageProgram;
  /** Row groups are decoded at once, however large: for a thread that an engine which hangs would take with it. */
  readonly wholeGroups?: boolean;
}

export type EngineName = 'parquet-wasm' | 'parquetjs';

/** Loads an engine when it is first used: each is large. */
export async function loadEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (name === 'parquetjs') return (await import('./parquetjs-engine.ts')).parquetjsEngine;
  return (await import('./wasm-engine.ts')).wasmEngine(options);
}

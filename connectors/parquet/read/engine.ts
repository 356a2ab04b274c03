import type { ColumnForm } from '../decode/column-reader.ts';
import type { DecodedBlock } from './column-block.ts';

/** Which rows and columns of a file to decode. */
export interface ChunkRequest {
  readonly rowGroup: number;
  /** Top-level columns to read, in the file's order. */
  readonly columns: readonly string[];
  /** How they are decoded from pages, where all of them are flat; an engine may do it by other means. */
  readonly forms?: readonly ColumnForm[] | undefined;
  /** Rows of the row group to pass over. */
  readonly skip: number;
  /** Rows of the row group, and rows per chunk: equal when the group is small enough to be decoded at once, which is a fifth faster. */
  readonly rows: number;
  readonly chunkRows: number;
}

/** One open file. Chunks are bytes, which move between threads without a copy. */
export interface EngineFile {
  /** An IPC stream without batches. */
  schema(): Uint8Array;
  chunks(request: ChunkRequest): AsyncGenerator<DecodedBlock>;
  close(): void;
}

/** A library that decodes Parquet files. */
export interface Engine {
  /** `wholeGroups`: row groups are decoded at once, however large: for a thread that an engine which hangs would take with it. */
  open(path: string, options?: { readonly wholeGroups?: boolean }): Promise<EngineFile>;
}

export type EngineName = 'parquet-wasm' | 'parquetjs';

/** Loads an engine when it is first used: each is large. */
export async function loadEngine(name: EngineName): Promise<Engine> {
  if (name === 'parquetjs') return (await import('./parquetjs-engine.ts')).parquetjsEngine;
  return (await import('./wasm-engine.ts')).wasmEngine;
}

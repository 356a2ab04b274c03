import { createRequire } from 'node:module';

type ParquetWasm = typeof import('parquet-wasm/node');

let loaded: ParquetWasm | undefined;

/** parquet-wasm, loaded when it is first needed: compiling its 5 MB takes time and memory that programs without Parquet should not pay. */
export function parquetWasm(): ParquetWasm {
  loaded ??= createRequire(import.meta.url)('parquet-wasm/node') as ParquetWasm;
  return loaded;
}

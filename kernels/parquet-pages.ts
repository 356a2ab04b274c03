import { compiledModule } from './compiled-module.ts';
import { PARQUET_PAGES_WASM } from './kernels.generated.ts';

const PAGES_START = 1024;

/** Exported functions; pointers are byte positions in the memory, each region followed by 64 bytes to spare. Layouts: kernels/assembly/parquet-*.ts. */
export interface PageFunctions {
  /** Unpacks raw Snappy data; 0 unless they are data of exactly `outLength` bytes. */
  unpackSnappy(packed: number, length: number, out: number, outLength: number): number;
  /** Values of run lengths and bit packing (at most 32 bits each) as i32; returns the largest, or -1 when the bytes end too early. */
  readRuns(runs: number, length: number, width: number, count: number, out: number): number;
  /** Bits of run lengths and bit packing as a bitmap from bit `shift` on; returns how many are 1, -1 when the bytes end too early, -2 for other values. */
  readBits(runs: number, length: number, count: number, out: number, shift: number): number;
  /** Dictionary entries of eight bytes by code. */
  gatherPairs(codes: number, count: number, entries: number, out: number): void;
  /** Dictionary entries of four bytes by code. */
  gatherWords(codes: number, count: number, entries: number, out: number): void;
  /** Bits that stand one after another to the places of the valid rows; the others are 0. Validity and result begin at bit `shift`. */
  spreadBits(bits: number, validity: number, shift: number, rows: number, out: number): void;
  /** The same of values of eight bytes. */
  spreadPairs(values: number, validity: number, shift: number, rows: number, out: number): void;
  /** The same of values of four bytes. */
  spreadWords(values: number, validity: number, shift: number, rows: number, out: number): void;
}

/** The page decoder, compiled: what a thread needs to decode pages, so that it loads no other kernels. It imports `env.memory` and exports `PageFunctions`. */
export interface PageProgram {
  readonly module: WebAssembly.Module;
  /** First byte of its memory that is free for use. */
  readonly start: number;
}

/** The page decoder, for this thread or for handing to another. */
export function pageProgram(): PageProgram {
  return { module: compiledModule(PARQUET_PAGES_WASM), start: PAGES_START };
}

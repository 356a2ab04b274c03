import { growMemory } from './grow-memory.ts';
import { instantiate } from './instantiate.ts';
import { RECORD_BATCH_WASM } from './kernels.generated.ts';

/** Exported functions; pointers are byte positions in the memory. Layout: kernels/assembly/record-batch.ts. */
export interface RecordBatchFunctions {
  /** Bytes that the records take, below zero -1 less the number of a record whose timestamp cannot be held; writes the part of the bytes that they use to `span`. */
  measureRecords(columns: number, count: number, span: number): number;
  writeRecords(columns: number, count: number, source: number, out: number): void;
  /** CRC-32C as a signed integer; `seed`: that of the bytes before. */
  crc32c(from: number, to: number, seed: number, tables: number): number;
}

/** The functions over a memory of their own, which all of a thread share: what they leave there is good until the next one uses it. */
export interface RecordBatchKernel {
  readonly functions: RecordBatchFunctions;
  /** The memory, which reaches to `end` at least. Views that it gave before may be of no use then. */
  upTo(end: number): Uint8Array<ArrayBuffer>;
  /** For `crc32c`. */
  readonly tables: number;
  /** First byte that is free for use. */
  readonly start: number;
}

/** Behind the module's own data. */
const TABLES_START = 2048;

let kernel: RecordBatchKernel | undefined;

/** The kernel of this thread. */
export function recordBatchKernel(): RecordBatchKernel {
  if (kernel !== undefined) return kernel;
  const { functions, memory } = instantiate<RecordBatchFunctions>(RECORD_BATCH_WASM);
  const remainders = remainderTables();
  const map = strideMap(remainders);
  new Int32Array(memory.buffer, TABLES_START, remainders.length).set(remainders);
  new Uint8Array(memory.buffer, TABLES_START + remainders.byteLength, map.length).set(map);
  const upTo = (end: number) => {
    growMemory(memory, end);
    return new Uint8Array(memory.buffer);
  };
  kernel = { functions, upTo, tables: TABLES_START, start: TABLES_START + remainders.byteLength + map.length };
  return kernel;
}

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const STRIDE = 128;

/** Eight tables of 256 in a row: entry `k * 256 + b` is the remainder of byte b followed by k zero bytes. */
function remainderTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    tables[byte] = remainder;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256]!;
    tables[at] = (shorter >>> 8) ^ tables[shorter & 0xff]!;
  }
  return tables;
}

/**
 * How a column of four bytes, 32 apart in the state, changes when the state moves on by a stride: entry n of byte q for nibble j at j * 64 + q * 16 + n. With Z for a zero byte that follows, a
 * column (b0, b1, b2, b3) stands for G = Z^96 b0 + Z^64 b1 + Z^32 b2 + b3; its successor is the column that stands for Z^128 G.
 */
function strideMap(tables: Int32Array): Uint8Array {
  const shifted = (remainder: number, zeros: number) => {
    let value = remainder;
    for (let byte = 0; byte < zeros; byte++) value = (value >>> 8) ^ tables[value & 0xff]!;
    return value;
  };
  const standsFor = Array.from({ length: 32 }, (_, bit) => shifted(1 << (bit & 7), 96 - 32 * (bit >> 3)));
  const successor = standsFor.map((value) => shifted(value, STRIDE));
  const columnOf = inverse(standsFor);
  const map = new Uint8Array(512);
  for (let entry = 0; entry < 128; entry++) {
    const nibble = entry >> 4;
    let value = 0;
    for (let bit = 0; bit < 4; bit++) if ((entry >> bit) & 1) value ^= successor[nibble * 4 + bit]!;
    const column = columnOf(value);
    for (let byte = 0; byte < 4; byte++) map[nibble * 64 + byte * 16 + (entry & 15)] = column >>> (8 * byte);
  }
  return map;
}

/** Which of the values add up to a given one, as bits: Gaussian elimination over GF(2). The values must be independent. */
function inverse(values: readonly number[]): (sum: number) => number {
  const pivots: { readonly value: number; readonly parts: number }[] = [];
  for (const [index, given] of values.entries()) {
    let value = given;
    let parts = 1 << index;
    for (let bit = 31; bit >= 0 && value !== 0; bit--) {
      if (!((value >>> bit) & 1)) continue;
      const pivot = pivots[bit];
      if (pivot === undefined) {
        pivots[bit] = { value, parts };
        break;
      }
      value ^= pivot.value;
      parts ^= pivot.parts;
    }
  }
  return (sum) => {
    let rest = sum;
    let parts = 0;
    for (let bit = 31; bit >= 0; bit--) {
      if (!((rest >>> bit) & 1)) continue;
      rest ^= pivots[bit]!.value;
      parts ^= pivots[bit]!.parts;
    }
    return parts;
  };
}

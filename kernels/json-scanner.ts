import { instantiate } from './instantiate.ts';
import { SCANNER_WASM } from './kernels.generated.ts';

/** First byte that is free for use. */
export const SCANNER_START = 4096;

/** Exported functions; pointers are byte positions in the memory. Layouts: kernels/assembly/json-scanner.ts, byte-dictionary.ts. */
export interface JsonScannerFunctions {
  /** Reads `count` JSON objects into columns; returns how many it refused (`status` 1). */
  scan(
    root: number,
    block: number,
    starts: number,
    lengths: number,
    status: number,
    count: number,
    states: number,
    columns: number,
    skipUnknown: boolean,
    powersOfFive: number,
  ): number;
  /** The code of a byte string in a dictionary, new or known; up to 7 bytes after it are read. */
  codeOf(dictionary: number, start: number, length: number): number;
  /** Fills the emptied slots of a dictionary anew. */
  rehash(dictionary: number): void;
  /** Cuts access log lines into twelve fields: `lists` points to a list of pairs (start, length) for each. Returns how many lines it refused. */
  splitLog(block: number, starts: number, lengths: number, status: number, count: number, lists: number): number;
  /** Columns from lists of pairs; a value that does not fit sets its row's status to 1. Layouts: kernels/assembly/field-columns.ts. */
  gatherText(block: number, pairs: number, count: number, offsets: number, states: number, out: number): number;
  gatherCodes(block: number, pairs: number, count: number, codes: number, states: number, dictionary: number): void;
  gatherIntegers(
    block: number,
    pairs: number,
    count: number,
    values: number,
    states: number,
    status: number,
    most: number,
    wide: boolean,
  ): void;
  gatherHttpDates(block: number, pairs: number, count: number, values: number, states: number, status: number): void;
}

/** The scanner over a memory of its own. */
export const createJsonScanner = () => instantiate<JsonScannerFunctions>(SCANNER_WASM);

const LOWEST = -342;
const HIGHEST = 308;
const tables: { powers?: BigUint64Array } = {};

/**
 * 5^q for q = -342 ... 308 as 128-bit numbers with the top bit set, high word first; negative powers rounded up, positive ones down.
 * Source: D. Lemire, Number parsing at a gigabyte per second (2021), section 5.
 */
export function powersOfFive(): BigUint64Array {
  if (tables.powers !== undefined) return tables.powers;
  const words = new BigUint64Array((HIGHEST - LOWEST + 1) * 2);
  for (let exponent = LOWEST; exponent <= HIGHEST; exponent++) {
    const power = exponent < 0 ? reciprocal(5n ** BigInt(-exponent), exponent) : normalized(5n ** BigInt(exponent));
    words[(exponent - LOWEST) * 2] = power >> 64n;
    words[(exponent - LOWEST) * 2 + 1] = power & 0xffffffffffffffffn;
  }
  tables.powers = words;
  return words;
}

const bitsOf = (value: bigint) => value.toString(2).length;

function normalized(value: bigint): bigint {
  const shift = 128 - bitsOf(value);
  return shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
}

function reciprocal(power: bigint, exponent: number): bigint {
  // Smallest z with 2^z >= power.
  const z = bitsOf(power - 1n);
  const bits = exponent >= -27 ? z + 127 : 2 * z + 128;
  let value = (1n << BigInt(bits)) / power + 1n;
  while (value >= 1n << 128n) value >>= 1n;
  return value;
}

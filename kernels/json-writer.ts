import { instantiate } from './instantiate.ts';
import { JSON_WRITER_WASM } from './kernels.generated.ts';

/** What the values of a column are, by the number that the kernel knows. */
export const JSON_COLUMN = {
  float64: 0,
  float32: 1,
  int32: 2,
  uint32: 3,
  int64: 4,
  uint64: 5,
  literal: 6,
  text: 7,
  boolean: 8,
} as const;

/** Exported functions; pointers are byte positions in the memory. Layout: kernels/assembly/json-writer.ts. */
export interface JsonWriterFunctions {
  /** Writes rows `from` to `to` as JSON objects, each with a gap of so many bytes behind it, and where each ends into `ends`; returns how many fitted before `limit`. */
  writeRows(
    columns: number,
    count: number,
    last: number,
    lastLength: number,
    from: number,
    to: number,
    gaps: number,
    out: number,
    limit: number,
    ends: number,
    powersOfTen: number,
  ): number;
}

/** A writer over a memory of its own, whose first bytes are the powers of ten that it needs. */
export interface JsonWriterKernel {
  readonly functions: JsonWriterFunctions;
  readonly memory: WebAssembly.Memory;
  readonly powersOfTen: number;
  /** First byte that is free for use. */
  readonly start: number;
}

/** Behind the module's own data. */
const TABLE_START = 2048;
const tables: { powers?: BigUint64Array } = {};

/** The JSON writer over a memory of its own. */
export function createJsonWriter(): JsonWriterKernel {
  tables.powers ??= powersOfTen();
  const { functions, memory } = instantiate<JsonWriterFunctions>(JSON_WRITER_WASM);
  new BigUint64Array(memory.buffer, TABLE_START, tables.powers.length).set(tables.powers);
  return { functions, memory, powersOfTen: TABLE_START, start: TABLE_START + tables.powers.byteLength };
}

const LOWEST = -292;
const HIGHEST = 324;

/**
 * 10^k for k = -292 ... 324 as 128-bit numbers with the top bit set, rounded up, high word first.
 * Source: R. Giulietti, The Schubfach way to render doubles (2020), section 9.
 */
function powersOfTen(): BigUint64Array {
  const words = new BigUint64Array((HIGHEST - LOWEST + 1) * 2);
  for (let exponent = LOWEST; exponent <= HIGHEST; exponent++) {
    const power = exponent < 0 ? ratio(1n, 10n ** BigInt(-exponent)) : ratio(10n ** BigInt(exponent), 1n);
    words[(exponent - LOWEST) * 2] = power >> 64n;
    words[(exponent - LOWEST) * 2 + 1] = power & 0xffffffffffffffffn;
  }
  return words;
}

const bitsOf = (value: bigint) => value.toString(2).length;

/** numerator / denominator times the power of two that leaves 128 bits, rounded up. */
function ratio(numerator: bigint, denominator: bigint): bigint {
  for (let shift = 128 - bitsOf(numerator) + bitsOf(denominator); ; shift--) {
    const [dividend, divisor] = shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
    const quotient = (dividend + divisor - 1n) / divisor;
    if (bitsOf(quotient) === 128) return quotient;
  }
}

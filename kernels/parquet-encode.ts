import { instantiate } from './instantiate.ts';
import { PARQUET_ENCODE_WASM } from './kernels.generated.ts';

/** First byte that is free for use. */
export const ENCODE_START = 1024;

/** Adds to the smallest and largest word in `state`: least | most. */
type WordRange = (values: number, count: number, state: number) => void;

/** Exported functions; pointers are byte positions in the memory, each region followed by 64 bytes to spare. Layouts: kernels/assembly/parquet-encode.ts. */
export interface EncodeFunctions {
  /** Packs bytes as raw Snappy data, at most 32 + length * 7 / 6 of them; `table` is 32 KiB to work with. */
  packSnappy(start: number, length: number, out: number, table: number): number;
  /** Writes i32 values of `width` bits as run lengths and bit packing; returns the number of bytes. */
  writeRuns(values: number, count: number, width: number, out: number): number;
  /** How many of the bits are set. */
  countBits(bits: number, count: number): number;
  /** Values whose bits are set, one after the other; return their number. */
  present4(values: number, validity: number, count: number, out: number): number;
  present8(values: number, validity: number, count: number, out: number): number;
  presentBits(values: number, validity: number, count: number, out: number): number;
  /** Dictionaries of words: kernels/assembly/word-dictionary.ts. Return for how many values there was room. */
  clearWords(dictionary: number): void;
  codeWords4(dictionary: number, values: number, count: number, codes: number): number;
  codeWords8(dictionary: number, values: number, count: number, codes: number): number;
  /** Strings: kernels/assembly/text-pages.ts, and their dictionaries: kernels/assembly/byte-dictionary.ts. */
  plainTexts(offsets: number, bytes: number, validity: number, count: number, out: number): number;
  codeTexts(dictionary: number, offsets: number, bytes: number, validity: number, count: number, codes: number): number;
  mapCodes(dictionary: number, offsets: number, bytes: number, size: number, map: number, codes: number, count: number): number;
  writeEntries(dictionary: number, count: number, out: number): number;
  rangeTexts(offsets: number, bytes: number, validity: number, count: number, state: number): void;
  rangeEntries(dictionary: number, count: number, state: number): void;
  readonly rangeI32: WordRange;
  readonly rangeU32: WordRange;
  readonly rangeI64: WordRange;
  readonly rangeU64: WordRange;
  readonly rangeF32: WordRange;
  readonly rangeF64: WordRange;
}

/** The page encoder over a memory of its own. */
export const createEncodeFunctions = () => instantiate<EncodeFunctions>(PARQUET_ENCODE_WASM);

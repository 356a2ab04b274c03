import { createJsonScanner, growMemory, type JsonScannerFunctions, powersOfFive, SCANNER_START } from '../../../kernels/index.ts';

/** Kernels may read and write this much beyond a place. */
const SPARE = 65_536;

/** The memory of one scanner: what stays (plan, dictionaries) lies below, what belongs to one block above it. */
export class ScannerMemory {
  readonly functions: JsonScannerFunctions;
  readonly #memory: WebAssembly.Memory;
  #kept = SCANNER_START;
  #top = SCANNER_START;
  /** Position of the table of powers of five. */
  readonly powers: number;

  constructor() {
    const { functions, memory } = createJsonScanner();
    this.functions = functions;
    this.#memory = memory;
    const table = powersOfFive();
    this.powers = this.keep(table.byteLength);
    new BigUint64Array(memory.buffer, this.powers, table.length).set(table);
  }

  /** A place for `bytes` that stays; blocks must be laid out anew. Zero where it was never used. */
  keep(bytes: number): number {
    const at = this.#kept;
    this.#kept = aligned(at + bytes);
    this.#top = this.#kept;
    growMemory(this.#memory, this.#kept + SPARE);
    return at;
  }

  /** Begins a new block: all places but the kept ones are free again. */
  beginBlock(): void {
    this.#top = this.#kept;
  }

  /** A place for `bytes` until the next block; its contents are whatever was there. */
  place(bytes: number): number {
    const at = this.#top;
    this.#top = aligned(at + bytes);
    growMemory(this.#memory, this.#top + SPARE);
    return at;
  }

  /** Views are valid until the next place is taken. */
  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  words(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }
}

const aligned = (at: number) => Math.ceil(at / 16) * 16;

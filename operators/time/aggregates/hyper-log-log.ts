import { log } from '../../../kernels/index.ts';
import type { StateReader, StateWriter } from '../../../streams/index.ts';

/** 2^12 registers: standard error 1.04 / 64 = 1.6 %. */
const PRECISION = 12;
const REGISTERS = 1 << PRECISION;
/** Up to here the hashes themselves are kept, and the count is exact but for collisions of 64 bits. */
const EXACT = 512;

/**
 * Counts distinct hashes in 4 KB, whatever their number: each register keeps the longest run of zeros in front of a hash that fell to it. Small sets are kept
 * as they are.
 *
 * Source: P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", 2007, with linear
 * counting below 2.5 registers.
 */
export class HyperLogLog {
  /** Pairs of 32-bit halves as one key each; undefined once registers took over. */
  #exact: Set<number> | undefined = new Set();
  #registers: Uint8Array | undefined;

  /** Adds a value by 64 bits of its hash. */
  add(high: number, low: number): void {
    if (this.#exact !== undefined) {
      // 53 bits name the hash as a number: 21 of the low half are enough beside all of the high one.
      this.#exact.add((high >>> 0) * 2097152 + (low >>> 11));
      if (this.#exact.size > EXACT) this.#toRegisters();
    } else this.#raise(high, low);
  }

  #raise(high: number, low: number): void {
    const registers = this.#registers as Uint8Array;
    const register = high >>> (32 - PRECISION);
    const rest = (high << PRECISION) | 0;
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - PRECISION + Math.clz32(low);
    if (zeros + 1 > (registers[register] as number)) registers[register] = zeros + 1;
  }

  #toRegisters(): void {
    const exact = this.#exact ?? new Set<number>();
    this.#exact = undefined;
    this.#registers = new Uint8Array(REGISTERS);
    for (const hash of exact) this.#raise(Math.floor(hash / 2097152), (hash % 2097152) << 11);
  }

  merge(other: HyperLogLog): void {
    if (other.#exact !== undefined) {
      for (const hash of other.#exact) this.add(Math.floor(hash / 2097152), (hash % 2097152) << 11);
      return;
    }
    if (this.#exact !== undefined) this.#toRegisters();
    const [mine, theirs] = [this.#registers as Uint8Array, other.#registers as Uint8Array];
    for (let i = 0; i < REGISTERS; i++) mine[i] = Math.max(mine[i] as number, theirs[i] as number);
  }

  /** The estimate, rounded. */
  count(): number {
    if (this.#exact !== undefined) return this.#exact.size;
    const registers = this.#registers as Uint8Array;
    let sum = 0;
    let empty = 0;
    for (const register of registers) {
      // 2^-register, exact.
      sum += register < 31 ? 1 / (1 << register) : 1 / ((1 << 30) * 2 * (1 << (register - 31)));
      if (register === 0) empty++;
    }
    const estimate = ((0.7213 / (1 + 1.079 / REGISTERS)) * REGISTERS * REGISTERS) / sum;
    return Math.round(estimate <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * log(REGISTERS / empty) : estimate);
  }

  write(out: StateWriter): void {
    out.boolean(this.#exact !== undefined);
    if (this.#exact !== undefined) out.numbers(Float64Array.from(this.#exact).sort());
    else out.bytes(this.#registers as Uint8Array);
  }

  static read(input: StateReader): HyperLogLog {
    const sketch = new HyperLogLog();
    if (input.boolean()) sketch.#exact = new Set(input.float64s());
    else {
      sketch.#exact = undefined;
      sketch.#registers = input.bytes();
    }
    return sketch;
  }
}

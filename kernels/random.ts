import { cos, log } from './math.ts';

/**
 * Seeded random numbers, the same in every engine: xoshiro128**, whose whole state is four 32-bit words.
 *
 * @example
 * const random = new Random(7);
 * random.uniform(); // in [0, 1)
 * const words = random.snapshot(); // later: random.restore(words)
 *
 * Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2021.
 */
export class Random {
  private readonly state = new Uint32Array(4);

  /** @param seed Any finite number; seeds that differ give unrelated streams. */
  constructor(seed: number) {
    const bits = new Uint32Array(new Float64Array([seed === 0 ? 0 : seed]).buffer);
    let mixed = (Math.imul(bits[0]!, 0x9e3779b1) ^ Math.imul(bits[1]!, 0x85ebca77)) >>> 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      this.state[i] = scramble(mixed);
    }
  }

  /** 32 random bits as an unsigned integer. */
  uint32(): number {
    const s = this.state;
    const product = Math.imul(s[1]!, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Standard normal, by the Box-Muller transform; its second value is dropped so that the state stays four words. */
  normal(): number {
    const radius = Math.sqrt(-2 * log(1 - this.uniform()));
    return radius * cos(2 * Math.PI * this.uniform());
  }

  /** Uniform among 0 ... bound - 1, without bias. `bound` is at most 2^32. */
  integer(bound: number): number {
    const limit = 4294967296 - (4294967296 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const kept = values[i];
      values[i] = values[j];
      values[j] = kept;
    }
    return values;
  }

  /** The state: four unsigned 32-bit words. */
  snapshot(): Uint32Array {
    return this.state.slice();
  }

  /** Goes on from a state that `snapshot` gave. */
  restore(words: Uint32Array): void {
    if (words.length !== 4 || words.every((word) => word === 0)) {
      throw new RangeError(`a Random's state is four 32-bit words, not all zero; got ${words.length} words`);
    }
    this.state.set(words);
  }
}

/** Finalizer of splitmix32: spreads every bit of its input over the output. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

import type { ValueRange } from './chunk-values.ts';
import type { EncodeMemory } from './encode-memory.ts';
import type { WordOrder } from './packed-rows.ts';

const KERNELS = {
  i32: 'rangeI32',
  u32: 'rangeU32',
  i64: 'rangeI64',
  u64: 'rangeU64',
  f32: 'rangeF32',
  f64: 'rangeF64',
} as const;

/** An empty range: the smallest value is the largest there is, and the other way round. */
const EMPTY = {
  i32: new Int32Array([2147483647, -2147483648]),
  u32: new Uint32Array([4294967295, 0]),
  i64: new BigInt64Array([9223372036854775807n, -9223372036854775808n]),
  u64: new BigUint64Array([18446744073709551615n, 0n]),
  f32: new Float32Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
  f64: new Float64Array([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]),
} as const;

/** Smallest and largest of words. NaN does not count; zero has both signs: minus zero is the smallest, as Parquet asks. */
export class WordRange {
  readonly #memory: EncodeMemory;
  readonly #order: WordOrder;
  readonly #state: Uint8Array;

  constructor(memory: EncodeMemory, order: WordOrder) {
    this.#memory = memory;
    this.#order = order;
    this.#state = new Uint8Array(EMPTY[order].slice().buffer);
  }

  /** Adds words that lie in the memory. */
  add(start: number, count: number): void {
    const state = this.#memory.load('state', this.#state);
    this.#memory.functions[KERNELS[this.#order]](start, count, state);
    this.#state.set(this.#memory.bytes(state, this.#state.length));
  }

  found(): ValueRange | undefined {
    const Words = EMPTY[this.#order].constructor as new (buffer: ArrayBufferLike) => ArrayLike<number | bigint> & (typeof EMPTY)[WordOrder];
    const words = new Words(this.#state.buffer);
    if ((words[0] as number) > (words[1] as number)) return undefined;
    if (words instanceof Float32Array || words instanceof Float64Array) {
      if (words[0] === 0) words[0] = -0;
      if (words[1] === 0) words[1] = 0;
    }
    const half = this.#state.length / 2;
    return { least: this.#state.slice(0, half), most: this.#state.slice(half) };
  }
}

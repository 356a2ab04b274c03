/** How the order of arrival differs from the order of the rows; spans in ms. */
export interface Disturbance {
  readonly seed: number;
  /** A row arrives up to this much later than its event time. */
  readonly jitter: number;
  /** Rows of the same span of event time arrive in random order. */
  readonly shuffleWithin: number;
  /** Probability that a row arrives twice. */
  readonly duplicate: number;
}

/**
 * When each row arrives, in ms of event time. Depends on the row's number and event time alone, so a replay that is resumed arrives in the same order.
 * Event times count by their running maximum: rows that are out of order in the file arrive with their neighbors.
 */
export class ArrivalOrder {
  readonly #disturbance: Disturbance;

  constructor(disturbance: Disturbance) {
    this.#disturbance = disturbance;
  }

  /** True when rows arrive as the source has them. */
  get isOrderly(): boolean {
    const { jitter, shuffleWithin, duplicate } = this.#disturbance;
    return jitter === 0 && shuffleWithin === 0 && duplicate === 0;
  }

  /** A number that tells this order from others; 0 for that of the rows themselves. */
  get mark(): number {
    if (this.isOrderly) return 0;
    const { seed, jitter, shuffleWithin, duplicate } = this.#disturbance;
    let hash = seed;
    for (const part of [jitter, shuffleWithin, duplicate * 4294967296])
      for (const half of [Math.floor(part / 4294967296), part]) hash = Math.imul(hash ^ (hash >>> 15) ^ half, 0x85ebca6b);
    return (hash >>> 0) + 1;
  }

  /** Arrival of row `n`, whose event time brings the running maximum to `time`; `copy` 1 is its duplicate. */
  arrival(n: number, time: number, copy: 0 | 1): number {
    const { jitter, shuffleWithin } = this.#disturbance;
    const base = shuffleWithin > 0 ? Math.floor(time / shuffleWithin) * shuffleWithin + this.#random(n, copy) * shuffleWithin : time;
    return base + this.#random(n, 2 + copy) * jitter;
  }

  /** True when row `n` arrives twice. */
  isDuplicated(n: number): boolean {
    return this.#disturbance.duplicate > 0 && this.#random(n, 4) < this.#disturbance.duplicate;
  }

  /** No later row arrives before this, once event time has come to `time`. */
  bound(time: number): number {
    const { shuffleWithin } = this.#disturbance;
    return shuffleWithin > 0 ? Math.floor(time / shuffleWithin) * shuffleWithin : time;
  }

  /** A number in [0, 1) made of seed, row and draw; the finalizer of MurmurHash3. */
  #random(n: number, draw: number): number {
    let hash =
      Math.imul((this.#disturbance.seed ^ 0x9e3779b9) + draw, 0x85ebca6b) ^
      (n % 4294967296) ^
      Math.imul(Math.floor(n / 4294967296), 0xc2b2ae35);
    for (const factor of [0x85ebca6b, 0xc2b2ae35]) {
      hash ^= hash >>> 16;
      hash = Math.imul(hash, factor);
    }
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0x27d4eb2d);
    hash ^= hash >>> 15;
    return (hash >>> 0) / 4294967296;
  }
}

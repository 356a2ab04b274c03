/** Positions in a block are below 64 Ki, so that they fit 16 bits and every distance is representable. */
const HASH_BITS = 13;
const MULTIPLIER = 0x9e3779b1;

/** Finds earlier occurrences of the next four bytes, for LZ4 and Snappy. One table serves many blocks. */
export class MatchFinder {
  readonly #table = new Uint16Array(1 << HASH_BITS);

  /** Forgets all positions: the next block begins. */
  reset(): void {
    this.#table.fill(0);
  }

  /** Notes position `at` of the block that begins at `start`; returns an earlier position with the same four bytes, or -1. */
  find(bytes: Uint8Array, start: number, at: number): number {
    const word = fourBytes(bytes, at);
    const hash = Math.imul(word, MULTIPLIER) >>> (32 - HASH_BITS);
    const candidate = start + (this.#table[hash] as number);
    this.#table[hash] = at - start;
    return candidate < at && fourBytes(bytes, candidate) === word ? candidate : -1;
  }
}

/** How many bytes from `one` and from `other` on are the same, looking no further than `end`. */
export function matchLength(bytes: Uint8Array, one: number, other: number, end: number): number {
  let length = 0;
  while (other + length < end && bytes[one + length] === bytes[other + length]) length++;
  return length;
}

const fourBytes = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);

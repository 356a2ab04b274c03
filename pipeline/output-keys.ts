import { type Batch, KeyInterner } from '../columnar/index.ts';
import { partitionOf } from '../connectors/index.ts';

/** Keys kept at a time; beyond it all are met anew. */
const MOST_KEYS = 100_000;

const encoder = new TextEncoder();

/** The keys of one sink: each is encoded and hashed once, not once per row. */
export class OutputKeys {
  readonly #partitions: number;
  #interner = new KeyInterner();
  #bytes: Uint8Array[] = [];
  #partition: number[] = [];

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  /** A number per row for {@link bytes} and {@link partition}, -1 for null; good until the next call. */
  codesOf(batch: Batch, column: string): Int32Array {
    if (this.#interner.size > MOST_KEYS) {
      this.#interner = new KeyInterner();
      this.#bytes = [];
      this.#partition = [];
    }
    const codes = this.#interner.codesOf(batch, column);
    for (let code = this.#bytes.length; code < this.#interner.size; code++) {
      const bytes = encoder.encode(this.#interner.keys[code]);
      this.#bytes.push(bytes);
      this.#partition.push(this.#partitions === 1 ? 0 : partitionOf(bytes, this.#partitions));
    }
    return codes;
  }

  bytes(code: number): Uint8Array | null {
    return this.#bytes[code] ?? null;
  }

  /** Undefined for a row without key. */
  partition(code: number): number | undefined {
    return this.#partition[code];
  }
}

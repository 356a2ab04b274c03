import { freshArray } from './fresh-array.ts';

/** Below so many bytes an allocator has memory at hand, which needs no mapping and no clearing by the system. */
const FEW_BYTES = 64 * 1024;
/** Spare memory kept at most, bytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Large pieces of memory that are used again once they are done with: to map, clear and collect a new one costs more than to fill it.
 *
 * @example
 * const memory = new SpareMemory();
 * const bytes = memory.take(1_000_000);
 * memory.give(bytes.buffer);
 */
export class SpareMemory {
  #spare: ArrayBuffer[] = [];
  #bytes = 0;

  /** So many bytes, which may be anything, in a buffer of their own that may be longer. */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (length < FEW_BYTES) return freshArray(Uint8Array, length) as Uint8Array<ArrayBuffer>;
    const at = this.#spare.findLastIndex(({ byteLength }) => byteLength >= length && byteLength <= 4 * length);
    if (at < 0) return freshArray(Uint8Array, Math.ceil(length / FEW_BYTES) * FEW_BYTES).subarray(0, length) as Uint8Array<ArrayBuffer>;
    const [buffer] = this.#spare.splice(at, 1) as [ArrayBuffer];
    this.#bytes -= buffer.byteLength;
    return new Uint8Array(buffer, 0, length);
  }

  /** Memory that nobody reads or writes any more. What is small, or more than is worth keeping, is dropped. */
  give(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength < FEW_BYTES) return;
    if (this.#bytes + byteLength > MOST_BYTES) {
      // At once: a heap that hardly grows is seldom collected.
      buffer.transfer(0);
      return;
    }
    this.#bytes += byteLength;
    this.#spare.push(buffer);
  }
}

/** One memory from which the regions of packed columns are taken, one after the other, each aligned to eight bytes. */
export class PackedMemory {
  readonly buffer: ArrayBuffer;
  #used = 0;

  constructor(bytes: number, spare: ArrayBuffer | undefined) {
    this.buffer = spare !== undefined && spare.byteLength >= bytes ? spare : new ArrayBuffer(bytes);
  }

  /** What a region of that many bytes takes. */
  static sizeOf(bytes: number): number {
    return Math.ceil(bytes / 8) * 8;
  }

  /** Bytes that may hold anything. */
  take(bytes: number): Uint8Array {
    const region = new Uint8Array(this.buffer, this.#used, bytes);
    this.#used += PackedMemory.sizeOf(bytes);
    return region;
  }

  takeWords(words: number): Int32Array {
    const { byteOffset } = this.take(words * 4);
    return new Int32Array(this.buffer, byteOffset, words);
  }
}

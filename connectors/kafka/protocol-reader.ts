import { damaged } from '../records/index.ts';

/** Reads messages of Kafka's protocol: big-endian numbers, strings with a length of two bytes, arrays and bytes with one of four. */
export class ProtocolReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(size: number): number {
    if (size < 0 || this.#at + size > this.#bytes.length) throw damaged(this.#at, 'a message ends early');
    const at = this.#at;
    this.#at += size;
    return at;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8));
  }

  boolean(): boolean {
    return this.#bytes.readInt8(this.#take(1)) !== 0;
  }

  string(): string {
    const length = this.int16();
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  bytes(): Buffer {
    const length = Math.max(this.int32(), 0);
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  array<Item>(read: () => Item): Item[] {
    const length = this.int32();
    if (length < 0 || length > this.#bytes.length) throw damaged(this.#at, `a message claims ${length} items`);
    return Array.from({ length }, read);
  }
}

import { makeData, Utf8, Vector } from 'apache-arrow';

/**
 * Numbers distinct byte strings 0, 1, 2, ... in the order of first sight: an open-addressing hash table (FNV-1a, linear probing) over one buffer.
 * Its Arrow vector is made again only when it has grown, so that batches share it and code downstream can tell by identity.
 */
export class ByteDictionary {
  #slots = new Int32Array(256).fill(-1);
  #hashes = new Int32Array(128);
  #offsets = new Int32Array(129);
  #bytes = new Uint8Array(2048);
  #vector: Vector<Utf8> | undefined;
  size = 0;

  /** Bytes of all entries. */
  get byteLength(): number {
    return this.#offsets[this.size] as number;
  }

  /** The number of the byte string at `start` to `end`, new or known. */
  codeOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const code = this.#slots[slot] as number;
      if (code < 0) return this.#add(slot, hash, bytes, start, end);
      if (this.#hashes[code] === hash && this.#equals(code, bytes, start, end)) return code;
      slot = (slot + 1) & mask;
    }
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#offsets[code] as number;
    if ((this.#offsets[code + 1] as number) - from !== end - start) return false;
    for (let i = start, j = from; i < end; i++, j++) if (bytes[i] !== this.#bytes[j]) return false;
    return true;
  }

  #add(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const code = this.size;
    if (code === this.#hashes.length) this.#growEntries();
    const at = this.#offsets[code] as number;
    if (at + end - start > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(at + end - start, this.#bytes.length * 2));
    this.#bytes.set(bytes.subarray(start, end), at);
    this.#offsets[code + 1] = at + end - start;
    this.#hashes[code] = hash;
    this.#slots[slot] = code;
    this.#vector = undefined;
    this.size++;
    if (this.size * 2 > this.#slots.length) this.#rehash();
    return code;
  }

  #growEntries(): void {
    const hashes = new Int32Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const offsets = new Int32Array(this.#hashes.length + 1);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    for (let code = 0; code < this.size; code++) {
      const hash = this.#hashes[code] as number;
      let slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = code;
    }
    this.#slots = slots;
  }

  /** All entries as an Arrow vector; the same object as long as nothing was added. */
  vector(): Vector<Utf8> {
    this.#vector ??= new Vector([
      makeData({
        type: new Utf8(),
        length: this.size,
        nullCount: 0,
        valueOffsets: this.#offsets.slice(0, this.size + 1),
        data: this.#bytes.slice(0, this.byteLength),
      }),
    ]);
    return this.#vector;
  }
}

function grown(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

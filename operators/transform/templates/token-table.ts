/** Slots per token at least, so that few lookups collide. */
const ROOM = 2;
const SPACE = 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FNV-1a over bytes, begun with this and taken on byte by byte. */
export const HASH_START = 0x811c9dc5;
export const HASH_FACTOR = 0x01000193;

/**
 * Gives each distinct token of UTF-8 bytes a dense number, so that lines are compared without strings. Open addressing over typed arrays; the bytes of all tokens lie in one array.
 */
export class TokenTable {
  #bytes = new Uint8Array(4096);
  /** Where each token's bytes begin; the last entry is where the next token's will. */
  #starts = new Int32Array(257);
  #hashes = new Int32Array(256);
  /** 1 + token, 0 where free. */
  #slots = new Int32Array(1024);
  #size = 0;
  readonly #strings: (string | undefined)[] = [];

  get size(): number {
    return this.#size;
  }

  /** The number of a token, new or known. `hash`: FNV-1a of its bytes. */
  intern(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const token = (this.#slots[slot] as number) - 1;
      if (token < 0) break;
      if (this.#hashes[token] === hash && this.#holds(token, bytes, start, end)) return token;
      slot = (slot + 1) & mask;
    }
    return this.#add(bytes, start, end, hash, slot);
  }

  internString(token: string): number {
    const bytes = encoder.encode(token);
    let hash = HASH_START | 0;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, HASH_FACTOR);
    return this.intern(bytes, 0, bytes.length, hash);
  }

  /** A token as a string. */
  stringOf(token: number): string {
    let string = this.#strings[token];
    if (string === undefined) {
      string = decoder.decode(this.bytesOf(token));
      this.#strings[token] = string;
    }
    return string;
  }

  /** The bytes of a token, valid until the next one is added. */
  bytesOf(token: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[token], this.#starts[token + 1]);
  }

  /** The bytes of tokens with blanks between them. */
  joined(tokens: Int32Array): Uint8Array {
    let length = Math.max(0, tokens.length - 1);
    for (const token of tokens) length += (this.#starts[token + 1] as number) - (this.#starts[token] as number);
    const joined = new Uint8Array(length).fill(SPACE);
    let at = 0;
    for (const token of tokens) {
      const bytes = this.bytesOf(token);
      joined.set(bytes, at);
      at += bytes.length + 1;
    }
    return joined;
  }

  #holds(token: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#starts[token] as number;
    const length = end - start;
    if ((this.#starts[token + 1] as number) - own !== length) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[own + i] !== bytes[start + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const token = this.#size++;
    const at = this.#starts[token] as number;
    if (token + 2 > this.#starts.length) this.#starts = doubled(this.#starts, token + 2, Int32Array);
    if (token >= this.#hashes.length) this.#hashes = doubled(this.#hashes, token + 1, Int32Array);
    if (at + end - start > this.#bytes.length) this.#bytes = doubled(this.#bytes, at + end - start, Uint8Array);
    this.#bytes.set(bytes.subarray(start, end), at);
    this.#starts[token + 1] = at + end - start;
    this.#hashes[token] = hash;
    this.#slots[slot] = token + 1;
    if (this.#size * ROOM > this.#slots.length) this.#rehash();
    return token;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let token = 0; token < this.#size; token++) {
      const hash = this.#hashes[token] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = token + 1;
    }
    this.#slots = slots;
  }
}

/** The array with at least so much room. */
export function doubled<A extends Uint8Array | Int32Array>(array: A, least: number, type: { new (length: number): NoInfer<A> }): A {
  const larger = new type(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}

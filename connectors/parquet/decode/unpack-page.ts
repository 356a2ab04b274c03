import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { PageMemory } from './page-memory.ts';
import type { PageScratch } from './part-values.ts';
import { ZstdPages } from './zstd-pages.ts';

type Unpack = (packed: Uint8Array, options: { readonly chunkSize: number; readonly maxOutputLength: number }) => Uint8Array;

const ZSTD = 6;
/** zstd: for pages of several frames, and for words about damage. */
const LIBRARY: Readonly<Record<number, Unpack>> = { 2: gunzipSync, 4: brotliDecompressSync, [ZSTD]: zstdDecompressSync };

/** Also the least that the library takes. */
const SPARE = 64;

/**
 * Unpacks a page of `length` bytes by the codec of its column chunk. The result is in the memory of `scratch` or is `packed` itself, and holds until either is used again.
 *
 * @throws RangeError when the bytes are not what the codec makes of a page of that length.
 */
export function unpackPage(codec: number, packed: Uint8Array, length: number, scratch: Scratch, isDictionary = false): Uint8Array {
  if (codec === 0) {
    if (packed.length !== length) throw new RangeError('a page that is not compressed has two lengths');
    return packed;
  }
  if (codec === 1) {
    const out = scratch.pages.unpackSnappy(packed, length, isDictionary);
    if (out === undefined) throw new RangeError('a page holds no Snappy data of the length that its header says');
    return out;
  }
  if (length === 0) return new Uint8Array(0);
  return (
    unpackZstd(codec, packed, length, scratch, isDictionary) ??
    byLibrary(codec, packed, length, (bytes) => scratch.pages.put(bytes, isDictionary))
  );
}

function unpackZstd(codec: number, packed: Uint8Array, length: number, scratch: Scratch, isDictionary: boolean): Uint8Array | undefined {
  if (codec !== ZSTD) return undefined;
  const into = scratch.pages.room(length, isDictionary);
  return scratch.zstd.unpack(packed, length, into) ? into.subarray(0, length) : undefined;
}

function byLibrary(codec: number, packed: Uint8Array, length: number, put: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  let bytes: Uint8Array;
  try {
    // One chunk for the whole page, which it does not fill: the library would put small ones together, and follow a full one by another.
    bytes = (LIBRARY[codec] as Unpack)(packed, { chunkSize: length + SPARE, maxOutputLength: length });
  } catch (cause) {
    throw new RangeError(`a page cannot be unpacked (${(cause as Error).message})`, { cause });
  }
  if (bytes.length !== length) throw new RangeError(`a page has ${bytes.length} bytes, and its header says ${length}`);
  const kept = put(bytes);
  release(bytes);
  return kept;
}

/** Gives memory back at once: there would be hundreds of MB of it before it is collected. Small pieces share theirs. */
function release({ buffer, length }: Uint8Array): void {
  if (buffer.byteLength === length + SPARE) (buffer as ArrayBuffer).transfer(0);
}

/** Memory that is used again from page to page. */
export class Scratch implements PageScratch {
  readonly pages: PageMemory;
  readonly #turnOf: Scratch | undefined;
  #own = new Uint8Array(0);
  #zstd: ZstdPages | undefined;

  /** Readers that take turns page by page use the memory of `turnOf`, and each has its own window. */
  constructor(pages: PageMemory, turnOf?: Scratch) {
    this.pages = pages;
    this.#turnOf = turnOf;
  }

  get takesTurns(): boolean {
    return this.#turnOf !== undefined;
  }

  /** Made when the first page needs it. */
  get zstd(): ZstdPages {
    this.#zstd ??= this.#turnOf?.zstd ?? new ZstdPages();
    return this.#zstd;
  }

  /** Room for packed bytes as they are in the file, from `start` to `end`. A view holds until the next page is read, the bytes until others take their place. */
  window(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (!this.takesTurns) return this.pages.window(start, end);
    if (this.#own.length < end) {
      const grown = new Uint8Array(Math.ceil(end * 1.25));
      grown.set(this.#own);
      this.#own = grown;
    }
    return this.#own.subarray(start, end);
  }
}

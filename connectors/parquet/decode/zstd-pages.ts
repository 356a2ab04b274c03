import { constants, createZstdDecompress } from 'node:zlib';

/** What stands behind a stream of node:zlib. It is not documented, though npm itself is built on it: where it is missing, pages are unpacked by other means. */
interface Handle {
  onerror: () => void;
  reset(): void;
  writeSync(flush: number, from: Uint8Array, start: number, length: number, into: Uint8Array, at: number, room: number): void;
}

/** A stream of node:zlib, with what `writeSync` tells: bytes of room and of input that are left. */
interface Stream {
  readonly _handle?: Partial<Handle> | null;
  readonly _writeState?: Uint32Array;
}

/**
 * Unpacks pages of zstd into given memory, all with one context. `zstdDecompressSync` makes a context and a buffer for every page, which take a fourth of
 * its time, and then its result has to be copied.
 */
export class ZstdPages {
  readonly #handle: Handle | undefined;
  readonly #left: Uint32Array;
  #hasFailed = false;

  constructor() {
    const stream = createZstdDecompress() as unknown as Stream;
    const { _handle: handle, _writeState: left } = stream;
    const isKnown = typeof handle?.reset === 'function' && typeof handle.writeSync === 'function' && left instanceof Uint32Array;
    this.#handle = isKnown ? (handle as Handle) : undefined;
    this.#left = left ?? new Uint32Array(2);
    if (this.#handle === undefined) return;
    this.#handle.onerror = () => {
      this.#hasFailed = true;
    };
  }

  /**
   * Unpacks a page of `length` bytes; false when it could not, or the bytes are not one frame of that length. Longer ones are found out by the room that
   * `into` has beyond it.
   */
  unpack(packed: Uint8Array, length: number, into: Uint8Array): boolean {
    if (this.#handle === undefined) return false;
    this.#hasFailed = false;
    this.#handle.reset();
    this.#handle.writeSync(constants.ZSTD_e_end, packed, 0, packed.length, into, 0, into.length);
    return !this.#hasFailed && this.#left[0] === into.length - length && this.#left[1] === 0;
  }
}

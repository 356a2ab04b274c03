import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { EncodeMemory } from './encode-memory.ts';
import type { Encoding } from './encoding.ts';

/** Codecs that pages are packed by here, by their numbers in Parquet's footer. */
export const CODECS = { uncompressed: 0, snappy: 1, gzip: 2, brotli: 4, zstd: 6 } as const;
export type Codec = keyof typeof CODECS;

export const isKnownCodec = (compression: Encoding['compression']): compression is Codec => compression in CODECS;

/** The parquet libraries' own levels: zstd and Brotli 1, gzip 6. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

const PLAIN = 0;
const RUNS = 3;
const DICTIONARY = 8;
const DICTIONARY_PAGE = 2;

/** A column chunk as it was written. */
export interface WrittenChunk {
  readonly bytes: number;
  readonly unpackedBytes: number;
  /** From the chunk's first byte on; undefined without a dictionary. */
  readonly dataStart: number;
  readonly dictionaryStart: number | undefined;
  readonly codedPages: number;
  readonly plainPages: number;
}

/** Takes the bytes of a file, one after the other. They are its own only until the call returns. */
export type Append = (bytes: Uint8Array) => void;

/**
 * Writes the pages of one column chunk: (page header in Thrift's compact protocol, data)*. A dictionary is known when its last code is, but comes first: pages of codes wait for it.
 * Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export class PageOutput {
  readonly #memory: EncodeMemory;
  readonly #codec: Codec;
  readonly #append: Append;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #unpackedBytes = 0;
  #dataStart = 0;
  #dictionaryStart: number | undefined;
  #codedPages = 0;
  #plainPages = 0;

  constructor(memory: EncodeMemory, codec: Codec, append: Append) {
    this.#memory = memory;
    this.#codec = codec;
    this.#append = append;
  }

  /** Writes a page of values, which are at `start` in the memory, nulls counted among `values`. */
  dataPage(values: number, areCodes: boolean, start: number, length: number): void {
    const packed = this.#packed(start, length);
    const header = pageHeader(0, length, packed.length, [values, areCodes ? DICTIONARY : PLAIN, RUNS, RUNS]);
    this.#unpackedBytes += header.length + length;
    if (areCodes) {
      this.#codedPages++;
      this.#waiting.push(header, packed.slice());
    } else {
      this.#plainPages++;
      this.#put(header);
      this.#put(packed);
    }
  }

  /** Writes the dictionary, which is at `start`, and what waits for it. */
  dictionaryPage(entries: number, start: number, length: number): void {
    const packed = this.#packed(start, length);
    const header = pageHeader(DICTIONARY_PAGE, length, packed.length, [entries, PLAIN]);
    this.#unpackedBytes += header.length + length;
    this.#dictionaryStart = this.#bytes;
    this.#put(header);
    this.#put(packed);
    this.#dataStart = this.#bytes;
    for (const bytes of this.#waiting) this.#put(bytes);
    this.#waiting = [];
  }

  /** Whether pages wait for a dictionary. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  finish(): WrittenChunk {
    return {
      bytes: this.#bytes,
      unpackedBytes: this.#unpackedBytes,
      dataStart: this.#dataStart,
      dictionaryStart: this.#dictionaryStart,
      codedPages: this.#codedPages,
      plainPages: this.#plainPages,
    };
  }

  #put(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#append(bytes);
  }

  #packed(start: number, length: number): Uint8Array {
    const { functions } = this.#memory;
    const body = this.#memory.bytes(start, length);
    if (this.#codec === 'uncompressed') return body;
    if (this.#codec === 'snappy') {
      const packed = this.#memory.at('packed');
      return this.#memory.bytes(packed, functions.packSnappy(start, length, packed, this.#memory.at('table')));
    }
    // One chunk for the whole page: the library would put small ones together.
    const chunkSize = Math.max(64, length + (length >> 3) + 64);
    if (this.#codec === 'zstd') return zstdCompressSync(body, { ...ZSTD, chunkSize });
    return this.#codec === 'gzip' ? gzipSync(body, { chunkSize }) : brotliCompressSync(body, { ...BROTLI, chunkSize });
  }
}

/** At most this many bytes of a page of `length` after packing by any codec. */
export const packedBound = (length: number): number => 64 + length + Math.ceil(length / 6);

/** Type, both lengths, and field 5 (data page) or 7 (dictionary page): a struct of i32 fields 1, 2, ... */
function pageHeader(type: number, length: number, packedLength: number, about: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  const i32 = (value: number) => {
    bytes.push(0x15);
    let rest = value * 2;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
    bytes.push(rest);
  };
  for (const value of [type, length, packedLength]) i32(value);
  bytes.push(type === DICTIONARY_PAGE ? 0x4c : 0x2c);
  for (const value of about) i32(value);
  bytes.push(0, 0);
  return Uint8Array.from(bytes);
}

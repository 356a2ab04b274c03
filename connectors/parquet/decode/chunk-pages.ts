import { crc32 } from 'node:zlib';
import { readThriftAt } from '../format/thrift-reader.ts';
import type { ThriftStruct } from '../format/thrift-value.ts';
import type { PackedChunk } from './flat-column.ts';
import { type Scratch, unpackPage } from './unpack-page.ts';

/** Fills bytes from the file, from a position on. */
export type ReadAt = (into: Uint8Array, position: number) => void;

/** One page, unpacked. Its bytes hold until the next page is read. */
export interface Page {
  readonly isDictionary: boolean;
  /** Of a data page with nulls among them. */
  readonly values: number;
  readonly encoding: number;
  /** Runs of definition levels; undefined where every value has to be there. */
  readonly levels: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/** Read at a time: most chunks whole, and of those that are read in parts about as much as is wanted. */
const LARGEST_WINDOW = 2 * 1024 * 1024;
const LEAST_WINDOW = 64 * 1024;
/** A header with statistics of long strings. */
const LONGEST_HEADER = 64 * 1024;
/** Bits are counted in 31 bits. */
const LARGEST_PAGE = 128 * 1024 * 1024;
/** Believed of any page; larger ones only where the footer says that the chunk has so many bytes. */
const USUAL_PAGE = 1024 * 1024;

const DATA = 0;
const DICTIONARY = 2;
const DATA_V2 = 3;

/**
 * Reads the pages of one column chunk in order, a window of its bytes at a time.
 * Layout: (page header in Thrift's compact protocol, data)*. Source: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export class ChunkPages {
  readonly #read: ReadAt;
  readonly #codec: number;
  readonly #isOptional: boolean;
  readonly #mostValues: number;
  readonly #mostBytes: number;
  readonly #scratch: Scratch;
  readonly #windowBytes: number;
  /** Bytes of the dictionary that pages refer to. */
  #entryBytes = 0;
  readonly #end: number;
  #position: number;
  /** The part of the file that the window holds. */
  #held = { start: 0, end: 0 };

  /** `share`: how much of the chunk is wanted at a time. */
  constructor(
    read: ReadAt,
    chunk: PackedChunk,
    about: { readonly isOptional: boolean; readonly rows: number; readonly share: number },
    scratch: Scratch,
  ) {
    this.#read = read;
    this.#codec = chunk.codec;
    this.#isOptional = about.isOptional;
    this.#mostValues = about.rows;
    this.#mostBytes = Math.min(LARGEST_PAGE, Math.max(USUAL_PAGE, chunk.unpackedBytes));
    this.#scratch = scratch;
    this.#windowBytes = Math.max(LEAST_WINDOW, Math.min(LARGEST_WINDOW, Math.ceil(chunk.length * about.share)));
    this.#position = chunk.start;
    this.#end = chunk.start + chunk.length;
  }

  /** @throws RangeError when the bytes are no page, or the chunk ends. */
  next(): Page {
    for (;;) {
      const { header, length, packedSize, size } = this.#header();
      this.#position += length;
      this.#hold(packedSize);
      if (header.number(1) === DICTIONARY) this.#entryBytes = size;
      this.#scratch.pages.prepare({ entries: this.#entryBytes, bytes: Math.max(packedSize, size), values: this.#valuesOf(header) });
      const packed = this.#bytes(packedSize);
      this.#position += packedSize;
      const crc = header.number(4);
      if (crc !== undefined && crc32(packed) !== crc >>> 0) throw new RangeError("a page's checksum does not match its bytes");
      const type = header.number(1);
      if (type === DATA) return this.#dataPage(header, packed, size);
      if (type === DATA_V2) return this.#dataPageV2(header, packed, size);
      if (type === DICTIONARY) return this.#dictionaryPage(header, packed, size);
    }
  }

  /** Passes over a data page of at most `most` values without unpacking it; how many it had, 0 when the next page is none of that kind. */
  pass(most: number): number {
    const { header, length, packedSize } = this.#header();
    const type = header.number(1);
    const values = type === DATA || type === DATA_V2 ? this.#valuesOf(header) : 0;
    if (values === 0 || values > most) return 0;
    this.#position += length + packedSize;
    return values;
  }

  /** The header of the next page, and its own length. */
  #header(): { readonly header: ThriftStruct; readonly length: number; readonly packedSize: number; readonly size: number } {
    const longest = Math.min(LONGEST_HEADER, this.#end - this.#position);
    if (longest < 1) throw new RangeError('a column chunk ends too early');
    this.#hold(longest);
    const { struct: header, length } = readThriftAt(this.#bytes(longest));
    const packedSize = header.number(3) ?? -1;
    const size = header.number(2) ?? -1;
    if (packedSize < 0 || size < 0 || packedSize > LARGEST_PAGE || size > this.#mostBytes)
      throw new RangeError('a page has another length than its column chunk leaves room for');
    return { header, length, packedSize, size };
  }

  /** Values of a data page; no more than its row group has, whatever it says. */
  #valuesOf(header: ThriftStruct): number {
    const values = header.struct(5)?.number(1) ?? header.struct(8)?.number(1) ?? 0;
    if (values < 0 || values > this.#mostValues) throw new RangeError('a page has more values than its row group');
    return values;
  }

  #dictionaryPage(header: ThriftStruct, packed: Uint8Array, size: number): Page {
    const { values, encoding } = countOf(header.struct(7), 2);
    return { isDictionary: true, values, encoding, levels: undefined, data: unpackPage(this.#codec, packed, size, this.#scratch, true) };
  }

  #dataPage(header: ThriftStruct, packed: Uint8Array, size: number): Page {
    const { values, encoding } = countOf(header.struct(5), 2);
    const data = unpackPage(this.#codec, packed, size, this.#scratch);
    if (!this.#isOptional) return { isDictionary: false, values, encoding, levels: undefined, data };
    if (header.struct(5)?.number(3) !== 3) throw new RangeError('levels are not in runs');
    const length = data.length < 4 ? -1 : new DataView(data.buffer, data.byteOffset).getInt32(0, true);
    if (length < 0 || length + 4 > data.length) throw new RangeError('levels are longer than their page');
    return { isDictionary: false, values, encoding, levels: data.subarray(4, 4 + length), data: data.subarray(4 + length) };
  }

  #dataPageV2(header: ThriftStruct, packed: Uint8Array, size: number): Page {
    const about = header.struct(8);
    const { values, encoding } = countOf(about, 4);
    const levelBytes = about?.number(5) ?? 0;
    const before = levelBytes + (about?.number(6) ?? 0);
    if (levelBytes < 0 || before < levelBytes || before > packed.length || before > size)
      throw new RangeError('levels are longer than their page');
    const levels = this.#isOptional ? packed.subarray(before - levelBytes, before) : undefined;
    const codec = about?.boolean(7) === false ? 0 : this.#codec;
    return {
      isDictionary: false,
      values,
      encoding,
      levels,
      data: unpackPage(codec, packed.subarray(before), size - before, this.#scratch),
    };
  }

  /** Makes the window hold the next `length` bytes of the chunk. */
  #hold(length: number): void {
    if (this.#position + length > this.#end) throw new RangeError('a column chunk ends too early');
    if (this.#held.start <= this.#position && this.#position + length <= this.#held.end) return;
    const size = Math.min(Math.max(this.#windowBytes, length), this.#end - this.#position);
    this.#held = { start: this.#position, end: this.#position + size };
    this.#read(this.#scratch.window(0, size), this.#position);
  }

  /** The next `length` bytes of the chunk, which the window holds. */
  #bytes(length: number): Uint8Array {
    const from = this.#position - this.#held.start;
    return this.#scratch.window(from, from + length);
  }
}

function countOf(about: ThriftStruct | undefined, encodingField: number): { values: number; encoding: number } {
  const values = about?.number(1) ?? -1;
  if (values < 0) throw new RangeError('a page has no number of values');
  return { values, encoding: about?.number(encodingField) ?? -1 };
}

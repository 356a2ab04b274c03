import type { RecordHeader } from '../contract/index.ts';
import { ByteReader } from './byte-reader.ts';
import { damaged } from './damaged.ts';
import { varintSize, writeVarint } from './varint.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Steps over the headers of one record, checking that they fill the bytes up to the reader's end. */
export function checkHeaders(reader: ByteReader): void {
  walkHeaders(reader, undefined);
}

/**
 * The headers of a record from their bytes in RecordBatch form.
 *
 * @throws MillraceError DECODE_FAILED when the bytes are no headers.
 * @example
 * decodeHeaders(encodeHeaders([{ key: 'trace', value: new Uint8Array([1]) }])); // [{ key: 'trace', value: Uint8Array [1] }]
 */
export function decodeHeaders(bytes: Uint8Array): RecordHeader[] {
  const headers: RecordHeader[] = [];
  if (bytes.length > 0) walkHeaders(new ByteReader(bytes, 0, bytes.length), headers);
  return headers;
}

function walkHeaders(reader: ByteReader, into: RecordHeader[] | undefined): void {
  const count = reader.varint();
  // Two bytes at least per header: a false count ends here, not in an endless loop.
  if (count < 0 || count > (reader.end - reader.position) / 2) throw damaged(reader.position, `it claims ${count} headers`);
  for (let header = 0; header < count; header++) {
    const keyLength = reader.varint();
    if (keyLength < 0) throw damaged(reader.position, 'a header has no key');
    const keyStart = reader.skip(keyLength);
    const valueLength = reader.varint();
    const valueStart = reader.skip(valueLength);
    into?.push({
      key: decoder.decode(reader.bytes.subarray(keyStart, keyStart + keyLength)),
      value: valueLength < 0 ? null : new Uint8Array(reader.bytes.subarray(valueStart, valueStart + valueLength)),
    });
  }
  if (reader.position !== reader.end) throw damaged(reader.position, `${reader.end - reader.position} bytes follow its headers`);
}

/** The bytes of headers in RecordBatch form; no bytes for no headers. */
export function encodeHeaders(headers: readonly RecordHeader[]): Uint8Array {
  if (headers.length === 0) return new Uint8Array(0);
  const keys = headers.map(({ key }) => encoder.encode(key));
  let size = varintSize(headers.length);
  headers.forEach(({ value }, index) => {
    const keyLength = (keys[index] as Uint8Array).length;
    size += varintSize(keyLength) + keyLength + varintSize(value?.length ?? -1) + (value?.length ?? 0);
  });
  const bytes = new Uint8Array(size);
  let position = writeVarint(bytes, 0, headers.length);
  headers.forEach(({ value }, index) => {
    position = writeField(bytes, position, keys[index] as Uint8Array);
    position = writeField(bytes, position, value);
  });
  return bytes;
}

function writeField(bytes: Uint8Array, position: number, field: Uint8Array | null): number {
  const start = writeVarint(bytes, position, field === null ? -1 : field.length);
  if (field === null) return start;
  bytes.set(field, start);
  return start + field.length;
}

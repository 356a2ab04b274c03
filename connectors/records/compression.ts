import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { MillraceError } from '../../streams/index.ts';
import { MAX_UNPACKED } from './byte-sink.ts';
import { damaged } from './damaged.ts';
import { packLz4, unpackLz4 } from './lz4.ts';
import { packSnappy, unpackSnappy } from './snappy.ts';

/** How the records of a batch are compressed. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

interface Codec {
  readonly name: Compression;
  pack(bytes: Uint8Array): Uint8Array;
  unpack(packed: Uint8Array): Uint8Array;
}

const limits = { maxOutputLength: MAX_UNPACKED };
const ZSTD_FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const same = (bytes: Uint8Array) => bytes;

/**
 * By number in the batch's attributes. Level 1 of gzip: three times as fast as the default for a tenth more bytes; of zstd: one and a half times to twice as fast, for hardly more bytes and
 * for JSON often fewer.
 */
const CODECS: readonly Codec[] = [
  { name: 'none', pack: same, unpack: same },
  { name: 'gzip', pack: (bytes) => gzipSync(bytes, { level: 1 }), unpack: (packed) => plain(gunzipSync(packed, limits)) },
  { name: 'snappy', pack: packSnappy, unpack: unpackSnappy },
  { name: 'lz4', pack: packLz4, unpack: unpackLz4 },
  { name: 'zstd', pack: (bytes) => zstdCompressSync(bytes, ZSTD_FAST), unpack: (packed) => plain(zstdDecompressSync(packed, limits)) },
];

/** Not a Buffer, whose slice would share memory. */
const plain = (buffer: Buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** The number of a codec in a batch's attributes. */
export const codecNumber = (compression: Compression): number => CODECS.findIndex(({ name }) => name === compression);

/** Unpacks the records of a batch; `position` is for the message of the error. */
export function decompress(codec: number, packed: Uint8Array, position: number): Uint8Array {
  const known = CODECS[codec];
  if (known === undefined) throw damaged(position, `compression codec ${codec} is unknown`);
  try {
    return known.unpack(packed);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw damaged(position, `its ${known.name} data cannot be unpacked (${cause instanceof Error ? cause.message : cause})`, cause);
  }
}

/** Packs the records of a batch. */
export const compress = (compression: Compression, bytes: Uint8Array): Uint8Array =>
  (CODECS[codecNumber(compression)] as Codec).pack(bytes);

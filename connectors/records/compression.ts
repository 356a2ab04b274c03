import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { damaged } from './damaged.ts';

/** How the records of a batch are compressed. */
export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** By number in the batch's attributes. */
export const CODECS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** No batch may unpack to more than this: a few hostile bytes could claim terabytes. */
const MAX_UNPACKED = 512 * 1024 * 1024;

/** Unpacks the records of a batch; `position` is for the message of the error. */
export function decompress(codec: number, packed: Uint8Array, position: number): Uint8Array {
  const limits = { maxOutputLength: MAX_UNPACKED };
  try {
    if (codec === 1) return gunzipSync(packed, limits);
    if (codec === 4) return zstdDecompressSync(packed, limits);
  } catch (cause) {
    throw damaged(position, `its ${CODECS[codec]} data cannot be unpacked (${cause instanceof Error ? cause.message : cause})`, cause);
  }
  throw damaged(position, `compression codec ${codec} is unknown`);
}

/** Packs the records of a batch. */
export function compress(compression: Compression, bytes: Uint8Array): Uint8Array {
  if (compression === 'gzip') return gzipSync(bytes, { level: 1 });
  if (compression === 'zstd') return zstdCompressSync(bytes);
  return bytes;
}

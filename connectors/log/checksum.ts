import { crc32 } from 'node:zlib';

/** Checksum of stored bytes: CRC-32, which the engine computes natively. */
export function checksum(bytes: Uint8Array | string): number {
  return crc32(bytes);
}

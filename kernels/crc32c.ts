import { recordBatchKernel } from './record-batch.ts';

/** Bytes that are summed at a time. */
const PIECE = 256 * 1024;

/**
 * CRC-32C (Castagnoli), as in Kafka's record batches, iSCSI and ext4.
 *
 * @param bytes What to sum.
 * @param seed The sum of the bytes before these, for data in pieces.
 * @returns An unsigned 32-bit integer.
 *
 * @example
 * crc32c(new TextEncoder().encode('123456789')) // 0xe3069283
 *
 * Source: RFC 3720, section 12.1 and appendix B.4. Folding as in V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (2009), with tables in place of that
 * instruction.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const { functions, upTo, tables, start } = recordBatchKernel();
  const memory = upTo(start + Math.min(bytes.length, PIECE));
  let sum = seed;
  for (let from = 0; from < bytes.length; from += PIECE) {
    const piece = bytes.subarray(from, from + PIECE);
    memory.set(piece, start);
    sum = functions.crc32c(start, start + piece.length, sum, tables);
  }
  return sum >>> 0;
}

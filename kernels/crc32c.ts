const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/** Sixteen tables of 256 in a row: entry `k * 256 + b` is the remainder of byte b followed by k zero bytes. */
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
    tables[byte] = remainder;
  }
  for (let at = 256; at < tables.length; at++) {
    const shorter = tables[at - 256]!;
    tables[at] = (shorter >>> 8) ^ tables[shorter & 0xff]!;
  }
  return tables;
}

/** The remainder of one little-endian word, four tables from `at` down. */
const wordRemainder = (t: Int32Array, at: number, word: number): number =>
  t[at + (word & 0xff)]! ^ t[at - 256 + ((word >>> 8) & 0xff)]! ^ t[at - 512 + ((word >>> 16) & 0xff)]! ^ t[at - 768 + (word >>> 24)]!;

function byteByByte(bytes: Uint8Array, from: number, to: number, seed: number): number {
  let crc = seed;
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ TABLES[(crc ^ bytes[at]!) & 0xff]!;
  return crc;
}

/**
 * CRC-32C (Castagnoli), as in Kafka's record batches, iSCSI and ext4. Sixteen bytes a step, read as words: the machine must be little-endian, as all are that Node runs on.
 *
 * @param bytes What to sum.
 * @param seed The sum of the bytes before these, for data in pieces.
 * @returns An unsigned 32-bit integer.
 *
 * @example
 * crc32c(new TextEncoder().encode('123456789')) // 0xe3069283
 *
 * Source: RFC 3720, section 12.1 and appendix B.4; tables as in Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008.
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  // Too short to reach the first aligned word, perhaps: not worth the words anyway.
  if (bytes.length < 16) return ~byteByByte(bytes, 0, bytes.length, ~seed) >>> 0;
  const t = TABLES;
  const aligned = -bytes.byteOffset & 3;
  let crc = byteByByte(bytes, 0, aligned, ~seed);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (bytes.length - aligned) >> 2);
  const steps = words.length & ~3;
  for (let i = 0; i < steps; i += 4) {
    crc =
      wordRemainder(t, 3840, words[i]! ^ crc) ^
      wordRemainder(t, 2816, words[i + 1]!) ^
      wordRemainder(t, 1792, words[i + 2]!) ^
      wordRemainder(t, 768, words[i + 3]!);
  }
  return ~byteByByte(bytes, aligned + steps * 4, bytes.length, crc) >>> 0;
}

/** CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as RecordBatch v2 uses it. Source: RFC 3720, appendix B.4. */

// Eight tables of 256 entries: entry [k][b] is the checksum of byte b followed by k zero bytes, so eight bytes fold in one step.
const TABLES = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number;
    tables[at] = (before >>> 8) ^ (tables[before & 255] as number);
  }
  return tables;
}

/** CRC-32C of `bytes[from, to)` as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length): number {
  const t = TABLES;
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^= u8(bytes, at) | (u8(bytes, at + 1) << 8) | (u8(bytes, at + 2) << 16) | (u8(bytes, at + 3) << 24);
    crc =
      i32(t, 1792 + (crc & 255)) ^
      i32(t, 1536 + ((crc >>> 8) & 255)) ^
      i32(t, 1280 + ((crc >>> 16) & 255)) ^
      i32(t, 1024 + (crc >>> 24)) ^
      i32(t, 768 + u8(bytes, at + 4)) ^
      i32(t, 512 + u8(bytes, at + 5)) ^
      i32(t, 256 + u8(bytes, at + 6)) ^
      i32(t, u8(bytes, at + 7));
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ i32(t, (crc ^ u8(bytes, at)) & 255);
  return ~crc >>> 0;
}

const u8 = (bytes: Uint8Array, at: number): number => bytes[at] as number;
const i32 = (table: Int32Array, at: number): number => table[at] as number;

/** Writes the characters of ASCII text; returns the position after it. */
export function writeAscii(text: string, out: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Writes a non-negative integer below 2^53 in decimal. */
export function writeInteger(value: number, out: Uint8Array, at: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit && digits < 16; limit *= 10) digits++;
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    // Below 2^31 the engine divides integers, which is much faster.
    const tenth = rest < 0x7fffffff ? ((rest | 0) / 10) | 0 : Math.floor(rest / 10);
    out[i] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  return at + digits;
}

const HEX = '0123456789abcdef';
const SHORT_ESCAPES: Readonly<Record<number, string>> = { 34: '\\"', 92: '\\\\', 10: '\\n', 13: '\\r', 9: '\\t', 8: '\\b', 12: '\\f' };

/** Writes UTF-8 bytes as a JSON string with its quotes. Needs room for six bytes per byte, and two. */
export function writeJsonString(bytes: Uint8Array, start: number, end: number, out: Uint8Array, position: number): number {
  let at = position;
  out[at++] = 0x22;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c) out[at++] = byte;
    else at = writeAscii(SHORT_ESCAPES[byte] ?? `\\u00${HEX[byte >> 4]}${HEX[byte & 15]}`, out, at);
  }
  out[at++] = 0x22;
  return at;
}

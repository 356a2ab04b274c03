import { isUtf8 } from 'node:buffer';

const BACKSLASH = 0x5c;
const LETTERS: Readonly<Record<number, number>> = { 110: 0x0a, 114: 0x0d, 116: 0x09, 98: 0x08, 102: 0x0c, 118: 0x0b };

/**
 * Undoes the escapes of web servers' logs and logfmt: `\"`, `\\`, `\n`, `\t` and the like, and `\xhh`. Where the bytes so named are no UTF-8, those beyond
 * ASCII stay escaped: text stays text.
 */
export function unescapeField(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const all = unescapeUpTo(0xff, bytes, start, end);
  return isUtf8(all) ? all : unescapeUpTo(0x7f, bytes, start, end);
}

function unescapeUpTo(highest: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    const next = bytes[at + 1] as number;
    if (byte !== BACKSLASH || at + 1 >= end) {
      out[length++] = byte;
      continue;
    }
    const code = next === 0x78 && at + 3 < end ? hexAt(bytes, at + 2) : Number.NaN;
    if (code <= highest) {
      out[length++] = code;
      at += 3;
    } else if (next === 0x78) out[length++] = byte;
    else {
      out[length++] = LETTERS[next] ?? next;
      at++;
    }
  }
  return out.subarray(0, length);
}

/** Two hexadecimal digits as a number; NaN when they are none. */
function hexAt(bytes: Uint8Array, at: number): number {
  const text = String.fromCharCode(bytes[at] as number, bytes[at + 1] as number);
  return /^[0-9a-fA-F]{2}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}

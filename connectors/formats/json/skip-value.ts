/** What scanning functions return instead of a position when they give up. */
export const FAILED = -1;

/** Objects and arrays within each other; deeper ones are left to the slow path, which has a limit and a reason for it. */
const DEEPEST = 64;

/**
 * The position after the JSON value at `from`, which is checked strictly (UTF-8 aside) but not kept; FAILED when it is none or has not ended before `end`.
 * Lone surrogates in escapes are fine: JSON allows them, and the value is thrown away.
 */
export function skipValue(bytes: Uint8Array, from: number, end: number, depth = 0): number {
  const first = bytes[from] as number;
  if (from >= end) return FAILED;
  if (first === 0x22) return skipString(bytes, from + 1, end);
  if (first === 0x7b || first === 0x5b) return depth > DEEPEST ? FAILED : skipMembers(bytes, from + 1, end, depth, first === 0x7b);
  if (first === 0x74) return skipWord(bytes, from, TRUE_REST, end);
  if (first === 0x66) return skipWord(bytes, from, FALSE_REST, end);
  if (first === 0x6e) return skipWord(bytes, from, NULL_REST, end);
  return skipNumber(bytes, from, end);
}

const rest = (word: string) => Uint8Array.from(word.slice(1), (letter) => letter.charCodeAt(0));
const TRUE_REST = rest('true');
const FALSE_REST = rest('false');
const NULL_REST = rest('null');

function skipWord(bytes: Uint8Array, from: number, letters: Uint8Array, end: number): number {
  for (let i = 0; i < letters.length; i++) if (bytes[from + 1 + i] !== letters[i]) return FAILED;
  const at = from + 1 + letters.length;
  return at > end ? FAILED : at;
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

function skipMembers(bytes: Uint8Array, from: number, end: number, depth: number, named: boolean): number {
  const close = named ? 0x7d : 0x5d;
  let at = skipSpace(bytes, from);
  if (bytes[at] === close) return at < end ? at + 1 : FAILED;
  for (;;) {
    if (named) {
      at = bytes[at] === 0x22 ? skipString(bytes, at + 1, end) : FAILED;
      if (at < 0) return FAILED;
      at = skipSpace(bytes, at);
      if (bytes[at] !== 0x3a) return FAILED;
      at = skipSpace(bytes, at + 1);
    }
    at = skipValue(bytes, at, end, depth + 1);
    if (at < 0) return FAILED;
    at = skipSpace(bytes, at);
    if (at >= end) return FAILED;
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== 0x2c) return FAILED;
    at = skipSpace(bytes, at + 1);
  }
}

function skipString(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0x22) return at + 1;
    if (byte < 0x20) return FAILED;
    if (byte !== 0x5c) continue;
    at++;
    if (bytes[at] === 0x75) {
      if (!areHex(bytes, at + 1)) return FAILED;
      at += 4;
    } else if (!SIMPLE_ESCAPES.has(bytes[at] as number)) return FAILED;
  }
  return FAILED;
}

const SIMPLE_ESCAPES = new Set(Array.from('"\\/bfnrt', (letter) => letter.charCodeAt(0)));

function areHex(bytes: Uint8Array, from: number): boolean {
  for (let at = from; at < from + 4; at++) {
    const byte = bytes[at] as number;
    const letter = byte | 0x20;
    if (!((byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66))) return false;
  }
  return true;
}

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at;
}

function skipNumber(bytes: Uint8Array, from: number, end: number): number {
  const start = bytes[from] === 0x2d ? from + 1 : from;
  let at = skipDigits(bytes, start);
  if (at === start || (at > start + 1 && bytes[start] === 0x30)) return FAILED;
  if (bytes[at] === 0x2e) {
    const point = at + 1;
    at = skipDigits(bytes, point);
    if (at === point) return FAILED;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d ? at + 2 : at + 1;
    at = skipDigits(bytes, sign);
    if (at === sign) return FAILED;
  }
  return at > end ? FAILED : at;
}

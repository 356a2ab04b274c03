import { CLOSING, PARAMETER, QUANTITIES, SEPARATORS, UNITS } from './masked-line.ts';
import { doubled, HASH_FACTOR, HASH_START, type TokenTable } from './token-table.ts';

/** What a byte is: white space, a digit, a separator of parts, or closing punctuation. */
const WHITE = 1;
const DIGIT = 2;
const SEPARATOR = 4;
const CLOSES = 8;
const CLASSES = new Uint8Array(256);
for (const byte of [9, 10, 11, 12, 13, 32]) CLASSES[byte] = WHITE;
for (let byte = 48; byte < 58; byte++) CLASSES[byte] = DIGIT;
for (const character of SEPARATORS) CLASSES[character.charCodeAt(0)] = SEPARATOR;
for (const character of CLOSING) CLASSES[character.charCodeAt(0)] = CLOSES;

const MASK = new TextEncoder().encode(PARAMETER);
const SLASH = 47;
const OPEN = 40;
const CLOSE = 41;
/** 1 to 26 at the codes of letters, small or large. */
const LETTERS = new Uint8Array(256);
for (let letter = 1; letter <= 26; letter++) {
  LETTERS[64 + letter] = letter;
  LETTERS[96 + letter] = letter;
}
/** Units as numbers of base 32, a digit a letter. */
const UNIT_LETTERS = new Set(
  [...UNITS].map((unit) => [...unit].reduce((sum, letter) => sum * 32 + (LETTERS[letter.charCodeAt(0)] as number), 0)),
);
const UNIT_LENGTH = Math.max(...[...UNITS].map((unit) => unit.length));
const BEHIND_UNITS: ReadonlySet<number> = new Set(new TextEncoder().encode(').,;'));

/**
 * Cuts a line of ASCII at white space and masks it as {@link LineMasker} does, on bytes: the tokens of the line as numbers of a table, and where each one's text lies.
 */
export class LineScanner {
  /** How many tokens the line has. */
  count = 0;
  /** Number of each token, masked. */
  tokens: Int32Array = new Int32Array(64);
  /** Where the text of each token lies: its word, and for a quantity the unit behind it (else 0 and 0). */
  places: Int32Array = new Int32Array(256);
  #masked = new Uint8Array(256);
  #maskedLength = 0;
  #maskedHash = 0;
  #wordEnd = 0;
  #hasDigit = false;

  /** Takes the line in `bytes` from `start` to `end`; false when it is not ASCII. `table` must begin with {@link FIRST_TOKENS}. */
  scan(bytes: Uint8Array, start: number, end: number, table: TokenTable): boolean {
    this.count = 0;
    if (!isAscii(bytes, start, end)) return false;
    let at = skipWhite(bytes, start, end);
    while (at < end) {
      const token = this.#token(bytes, at, end, table);
      const wordEnd = this.#wordEnd;
      const next = skipWhite(bytes, wordEnd, end);
      const unitEnd = this.#hasDigit && token < FIRST_TOKENS.length ? unitAt(bytes, next, end) : 0;
      if (unitEnd === 0) {
        this.#push(token, at, wordEnd, 0, 0);
        at = next;
        continue;
      }
      // A quantity in parentheses is a remark.
      if (!(bytes[at] === OPEN && bytes[unitEnd - 1] === CLOSE)) this.#push(0, at, wordEnd, next, unitEnd);
      at = skipWhite(bytes, unitEnd, end);
    }
    return true;
  }

  #push(token: number, start: number, end: number, unitStart: number, unitEnd: number): void {
    const count = this.count++;
    if (count === this.tokens.length) {
      this.tokens = doubled(this.tokens, 0, Int32Array);
      this.places = doubled(this.places, 0, Int32Array);
    }
    this.tokens[count] = token;
    this.places[4 * count] = start;
    this.places[4 * count + 1] = end;
    this.places[4 * count + 2] = unitStart;
    this.places[4 * count + 3] = unitEnd;
  }

  /** The word that begins at `start`, masked. */
  #token(bytes: Uint8Array, start: number, end: number, table: TokenTable): number {
    let hash = HASH_START | 0;
    let classes = 0;
    let at = start;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      const kind = CLASSES[byte] as number;
      if (kind === WHITE) break;
      classes |= kind;
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
    }
    this.#wordEnd = at;
    this.#hasDigit = (classes & DIGIT) !== 0;
    if (!this.#hasDigit) return table.intern(bytes, start, at, hash);
    this.#mask(bytes, start, at);
    return table.intern(this.#masked, 0, this.#maskedLength, this.#maskedHash);
  }

  /** Masks each part that holds a digit; a part ends at a separator or with the word. */
  #mask(bytes: Uint8Array, start: number, end: number): void {
    // A mask is at most three times as long as the part that it stands for, and a digit has one part at most.
    if (this.#masked.length < 4 * (end - start)) this.#masked = new Uint8Array(8 * (end - start));
    this.#maskedLength = 0;
    this.#maskedHash = HASH_START | 0;
    let part = start;
    let hasDigit = false;
    for (let at = start; at <= end; at++) {
      const kind = at < end ? (CLASSES[bytes[at] as number] as number) : SEPARATOR;
      if (kind !== SEPARATOR) {
        hasDigit ||= kind === DIGIT;
        continue;
      }
      if (hasDigit) this.#maskPart(bytes, part, at);
      else this.#write(bytes, part, at);
      if (at < end) this.#write(bytes, at, at + 1);
      part = at + 1;
      hasDigit = false;
    }
  }

  /** A leading slash and closing punctuation stay. */
  #maskPart(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] === SLASH && !hasSlash(bytes, start + 1, end)) this.#write(bytes, start, start + 1);
    let last = end;
    while (CLASSES[bytes[last - 1] as number] === CLOSES) last--;
    this.#write(MASK, 0, MASK.length);
    this.#write(bytes, last, end);
  }

  #write(from: Uint8Array, start: number, end: number): void {
    let hash = this.#maskedHash;
    let length = this.#maskedLength;
    for (let i = start; i < end; i++) {
      const byte = from[i] as number;
      this.#masked[length++] = byte;
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
    }
    this.#maskedHash = hash;
    this.#maskedLength = length;
  }
}

/** The tokens that a table must begin with: the parameter is 0, and each may have a unit behind it. */
export const FIRST_TOKENS: readonly string[] = [...QUANTITIES];

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  for (let at = start; at < end; at++) bits |= bytes[at] as number;
  return bits < 128;
}

function skipWhite(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && CLASSES[bytes[at] as number] === WHITE) at++;
  return at;
}

function hasSlash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === SLASH) return true;
  return false;
}

/** Where the unit that begins at `start` ends, punctuation behind it included; 0 when the word is no unit. */
function unitAt(bytes: Uint8Array, start: number, end: number): number {
  let letters = 0;
  let at = start;
  for (; at < end; at++) {
    const letter = LETTERS[bytes[at] as number] as number;
    if (letter === 0) break;
    if (at - start === UNIT_LENGTH) return 0;
    letters = letters * 32 + letter;
  }
  if (at === start || !UNIT_LETTERS.has(letters)) return 0;
  while (at < end && BEHIND_UNITS.has(bytes[at] as number)) at++;
  return at === end || CLASSES[bytes[at] as number] === WHITE ? at : 0;
}

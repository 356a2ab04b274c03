import { isUtf8 } from 'node:buffer';
import {
  ABSENT,
  type BooleanColumn,
  type CategoryBuilder,
  type ColumnBuilder,
  type Int64Column,
  NULL,
  NumberColumn,
  PRESENT,
  type TextColumn,
} from '../columns/index.ts';
import { fourDigits, NOT_DIGITS, parseInstant } from '../values/index.ts';
import { type KeyPiece, matchesPiece } from './key-piece.ts';
import type { ObjectLayout } from './object-layout.ts';
import { FAILED, skipValue } from './skip-value.ts';

/** Numbers come first, those that the scanner itself puts before all. */
const KINDS = ['float64', 'timestamp', 'float32', 'int32', 'int64', 'boolean', 'text', 'category', 'binary', 'tensor'] as const;
const FLOAT64 = 0;
const TIMESTAMP = 1;
const INT64 = 4;
const BOOLEAN = 5;
const TEXT = 6;
const CATEGORY = 7;

/** Powers of ten that a float64 holds exactly: with at most 15 digits, one division by them is correctly rounded (Clinger 1990). */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const NO_NUMBERS = new Float64Array(0);

/** The key before the value has not been read yet. */
const UNREAD = -2;
/** Characters less `0`, as digits are read. */
const POINT = 0x2e - 0x30;
const SMALL_E = 0x65 - 0x30;
const LARGE_E = 0x45 - 0x30;

/**
 * Reads one JSON object into columns, byte by byte, for the records that are as expected: keys without escapes (tried in the order in which
 * they are declared), values of the right type. It never accepts what is not strict JSON of the schema; where it gives up, the slow path decides
 * and finds the reason. Positions only move forward and the last is compared with the record's end, so a record is never read past its end unnoticed.
 *
 * Calls per value are few and loops work on local variables: a call costs as much here as reading five digits.
 */
export class JsonScanner {
  readonly #root: ObjectLayout;
  readonly #builders: readonly ColumnBuilder[];
  readonly #kinds: Uint8Array;
  readonly #skipUnknown: boolean;
  #states: readonly Uint8Array[] = [];
  #numbers: readonly Float64Array[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #text: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #end = 0;
  #row = 0;
  #scans = 0;
  #utf8 = false;
  /** Whether the writer puts spaces after commas and colons. */
  #spaced = false;

  constructor(root: ObjectLayout, builders: readonly ColumnBuilder[], skipUnknown: boolean) {
    this.#root = root;
    this.#builders = builders;
    this.#kinds = Uint8Array.from(builders, (builder) => KINDS.indexOf(builder.kind));
    this.#skipUnknown = skipUnknown;
  }

  /** Sets the block that the next records lie in; the columns have begun. */
  begin(bytes: Uint8Array): void {
    this.#hold(bytes);
    this.#states = this.#builders.map((builder) => builder.state);
    this.#numbers = this.#builders.map((builder) => (builder instanceof NumberColumn ? builder.values : NO_NUMBERS));
  }

  /** Lets the block go: a decoder must not hold it. */
  release(): void {
    this.#hold(new Uint8Array(0));
  }

  #hold(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads the record at `start` to `end` into `row`; false when it is not plain: columns may then be set in part. */
  scan(start: number, end: number, row: number): boolean {
    this.#start = start;
    this.#end = end;
    this.#row = row;
    this.#scans++;
    this.#utf8 = false;
    let at = this.#object(this.#root, isSpace(this.#bytes[start]) ? this.#space(start) : start);
    if (at < 0) return false;
    while (at < end && isSpace(this.#bytes[at])) at++;
    return at === end;
  }

  #space(from: number): number {
    let at = from;
    while (isSpace(this.#bytes[at])) at++;
    return at;
  }

  /** Reads the object at `from`; returns the position after it or FAILED. */
  #object(layout: ObjectLayout, from: number): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const end = this.#end;
    const { columns, keys } = layout;
    if (bytes[from] !== 0x7b || layout.met === this.#scans) return FAILED;
    layout.met = this.#scans;
    layout.expected = 0;
    let at = isSpace(bytes[from + 1]) ? this.#space(from + 1) : from + 1;
    if (bytes[at] === 0x7d) return at + 1;
    let name = matchesPiece(layout.first, view, at, end) ? 0 : UNREAD;
    if (name === 0) at += layout.first.length;
    for (;;) {
      if (name === UNREAD) {
        name = matchKey(keys, layout.expected, bytes, at);
        at = name < 0 ? this.#unknown(at) : this.#colon(at + (keys[name] as Uint8Array).length);
      }
      if (name >= 0 && at >= 0) {
        const column = columns[name] as number;
        const byte = bytes[at] as number;
        if (column < 0) at = this.#object(layout.children[name] as ObjectLayout, at);
        else if (byte === 0x22) at = this.#quoted(column, at);
        else if (byte < 0x3a) at = this.#number(column, at, byte);
        else at = this.#word(column, at, byte);
      }
      if (at < 0) return FAILED;
      const next = name + 1 < keys.length ? name + 1 : 0;
      const piece = (this.#spaced ? layout.spaced : layout.compact)[next] as KeyPiece;
      if (matchesPiece(piece, view, at, end)) {
        name = next;
        at += piece.length;
        continue;
      }
      if (isSpace(bytes[at])) at = this.#space(at);
      if (bytes[at] === 0x7d) return at + 1;
      if (bytes[at] !== 0x2c) return FAILED;
      this.#spaced = isSpace(bytes[at + 1]);
      at = this.#space(at + 1);
      layout.expected = next;
      name = UNREAD;
    }
  }

  #colon(from: number): number {
    const at = isSpace(this.#bytes[from]) ? this.#space(from) : from;
    if (this.#bytes[at] !== 0x3a) return FAILED;
    return isSpace(this.#bytes[at + 1]) ? this.#space(at + 1) : at + 1;
  }

  /** Skips a key that is no column, and its value. */
  #unknown(at: number): number {
    if (!this.#skipUnknown || this.#bytes[at] !== 0x22 || !this.#valid()) return FAILED;
    const quote = this.#stringEnd(at + 1);
    if (quote < 0) return FAILED;
    const value = this.#colon(quote + 1);
    return value < 0 ? FAILED : skipValue(this.#bytes, value, this.#end);
  }

  /** Reads a number: mantissa and power of ten while it has at most 15 digits, else its text. */
  #number(column: number, from: number, first: number): number {
    const bytes = this.#bytes;
    const start = first === 0x2d ? from + 1 : from;
    let at = start;
    let value = 0;
    for (let left = this.#end - 4; at <= left; at += 4) {
      const four = fourDigits(this.#view.getInt32(at, true));
      if (four === NOT_DIGITS) break;
      value = value * 10_000 + four;
    }
    let digit = (bytes[at] as number) - 0x30;
    for (; digit >= 0 && digit <= 9; digit = (bytes[++at] as number) - 0x30) value = value * 10 + digit;
    let digits = at - start;
    // A number needs a digit before the point, and no zero before another digit.
    if (digits === 0 || (digits > 1 && bytes[start] === 0x30)) return FAILED;
    let fraction = 0;
    if (digit === POINT) {
      const point = at + 1;
      digit = (bytes[++at] as number) - 0x30;
      for (; digit >= 0 && digit <= 9; digit = (bytes[++at] as number) - 0x30) value = value * 10 + digit;
      fraction = at - point;
      if (fraction === 0) return FAILED;
      digits += fraction;
    }
    if (digits > 15 || digit === SMALL_E || digit === LARGE_E) return this.#longNumber(column, from, at, digit);
    if (fraction > 0) value /= POWERS[fraction] as number;
    if (start > from) value = -value;
    return this.#put(column, value, fraction === 0) ? at : FAILED;
  }

  #put(column: number, value: number, whole: boolean): boolean {
    const state = this.#states[column] as Uint8Array;
    const kind = this.#kinds[column] as number;
    if (state[this.#row] !== ABSENT) return false;
    if (kind === FLOAT64 || (kind === TIMESTAMP && whole)) {
      (this.#numbers[column] as Float64Array)[this.#row] = value;
      state[this.#row] = PRESENT;
      return true;
    }
    if (kind > INT64) return false;
    return (this.#builders[column] as NumberColumn | Int64Column).put(this.#row, value);
  }

  #longNumber(column: number, from: number, digitsEnd: number, next: number): number {
    const exponent = next === SMALL_E || next === LARGE_E;
    const at = exponent ? exponentEnd(this.#bytes, digitsEnd + 1) : digitsEnd;
    if (at < 0 || at >= this.#end) return FAILED;
    const text = this.#text.toString('latin1', from, at);
    if (this.#kinds[column] !== INT64 || exponent) {
      const value = Number(text);
      return value - value === 0 && this.#put(column, value, false) ? at : FAILED;
    }
    const builder = this.#builders[column] as Int64Column;
    return builder.state[this.#row] === ABSENT && builder.putDigits(this.#row, text) ? at : FAILED;
  }

  /** Reads null, true or false. */
  #word(column: number, at: number, first: number): number {
    const state = this.#states[column] as Uint8Array;
    if (state[this.#row] !== ABSENT) return FAILED;
    const word = first === 0x6e ? NULL_WORD : first === 0x74 ? TRUE_WORD : FALSE_WORD;
    if (!isWord(this.#bytes, at, word)) return FAILED;
    if (word === NULL_WORD) state[this.#row] = NULL;
    else if (this.#kinds[column] === BOOLEAN) (this.#builders[column] as BooleanColumn).put(this.#row, word === TRUE_WORD);
    else return FAILED;
    return at + word.length;
  }

  #quoted(column: number, at: number): number {
    const kind = this.#kinds[column] as number;
    const quote = this.#stringEnd(at + 1);
    if (quote < 0 || (this.#states[column] as Uint8Array)[this.#row] !== ABSENT) return FAILED;
    const builder = this.#builders[column] as ColumnBuilder;
    if (kind === CATEGORY) (builder as CategoryBuilder).put(this.#row, this.#bytes, at + 1, quote);
    else if (kind === TEXT) (builder as TextColumn).put(this.#row, this.#bytes, at + 1, quote);
    else if (kind !== TIMESTAMP || !(builder as NumberColumn).put(this.#row, parseInstant(this.#bytes, at + 1, quote))) return FAILED;
    return quote + 1;
  }

  /** Position of the closing quote of a string without escapes; FAILED when it has some, or ends in the next record. */
  #stringEnd(from: number): number {
    const bytes = this.#bytes;
    let at = from;
    let seen = 0;
    let byte = bytes[at] as number;
    while (byte !== 0x22) {
      if (byte < 0x20 || byte === 0x5c || at >= this.#end) return FAILED;
      seen |= byte;
      byte = bytes[++at] as number;
    }
    if (at >= this.#end || (seen > 0x7f && !this.#valid())) return FAILED;
    return at;
  }

  /** Whether the record is UTF-8: checked once, natively, and only when a byte beyond ASCII was met or a value is skipped. */
  #valid(): boolean {
    this.#utf8 ||= isUtf8(this.#bytes.subarray(this.#start, this.#end));
    return this.#utf8;
  }
}

const isSpace = (byte: number | undefined) =>
  (byte as number) <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);

/** The name whose quoted bytes stand at `at`, beginning with the expected one; -1 for none. */
function matchKey(keys: readonly Uint8Array[], expected: number, bytes: Uint8Array, at: number): number {
  const count = keys.length;
  for (let i = 0; i < count; i++) {
    const name = expected + i < count ? expected + i : expected + i - count;
    const key = keys[name] as Uint8Array;
    let byte = 0;
    while (byte < key.length && key[byte] === bytes[at + byte]) byte++;
    if (byte === key.length) return name;
  }
  return -1;
}

const wordBytes = (word: string) => Uint8Array.from(word, (letter) => letter.charCodeAt(0));
const NULL_WORD = wordBytes('null');
const TRUE_WORD = wordBytes('true');
const FALSE_WORD = wordBytes('false');

function isWord(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

/** Position after the digits of an exponent that begins after `e`; FAILED without digits. */
function exponentEnd(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === 0x2b || bytes[from] === 0x2d ? from + 1 : from;
  const first = at;
  while ((bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at++;
  return at > first ? at : FAILED;
}

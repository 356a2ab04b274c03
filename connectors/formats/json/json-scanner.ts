import { isUtf8 } from 'node:buffer';
import {
  ABSENT,
  type BooleanColumn,
  type CategoryColumn,
  type ColumnBuilder,
  type Int64Column,
  NULL,
  type NumberColumn,
  PRESENT,
  type TextColumn,
} from '../columns/index.ts';
import { parseInstant } from '../values/index.ts';
import type { ObjectLayout } from './object-layout.ts';
import { FAILED, skipValue } from './skip-value.ts';

const KINDS = ['float64', 'float32', 'int32', 'timestamp', 'int64', 'boolean', 'text', 'category', 'binary'] as const;
const [FLOAT64, , , TIMESTAMP, INT64, BOOLEAN, TEXT, CATEGORY] = KINDS.map((_, code) => code) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Powers of ten that a float64 holds exactly: with at most 15 digits, one division by them is correctly rounded (Clinger 1990). */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Reads one JSON object into columns, byte by byte, for the records that are as expected: keys without escapes (tried in the order in which
 * they are declared), values of the right type. It never accepts what is not strict JSON of the schema; where it gives up, the slow path decides
 * and finds the reason. Positions only move forward and the last is compared with the record's end, so a record is never read past its end unnoticed.
 */
export class JsonScanner {
  readonly #root: ObjectLayout;
  readonly #builders: readonly ColumnBuilder[];
  readonly #kinds: Uint8Array;
  readonly #skipUnknown: boolean;
  #bytes: Uint8Array = new Uint8Array(0);
  #text: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #row = 0;
  #scans = 0;
  #utf8 = false;

  constructor(root: ObjectLayout, builders: readonly ColumnBuilder[], skipUnknown: boolean) {
    this.#root = root;
    this.#builders = builders;
    this.#kinds = Uint8Array.from(builders, (builder) => KINDS.indexOf(builder.kind));
    this.#skipUnknown = skipUnknown;
  }

  /** Sets the block that the next records lie in. */
  begin(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Lets the block go: a decoder must not hold it. */
  release(): void {
    this.begin(new Uint8Array(0));
  }

  /** Reads the record at `start` to `end` into `row`; false when it is not plain: columns may then be set in part. */
  scan(start: number, end: number, row: number): boolean {
    this.#start = start;
    this.#end = end;
    this.#row = row;
    this.#scans++;
    this.#utf8 = false;
    let at = this.#object(this.#root, this.#space(start));
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
    if (bytes[from] !== 0x7b || layout.met === this.#scans) return FAILED;
    layout.met = this.#scans;
    let at = this.#space(from + 1);
    if (bytes[at] === 0x7d) return at + 1;
    let expected = 0;
    for (;;) {
      const name = matchKey(layout.keys, expected, bytes, at);
      if (name < 0) at = this.#unknown(at);
      else {
        expected = name + 1;
        at = this.#colon(at + (layout.keys[name] as Uint8Array).length);
        if (at >= 0) {
          const column = layout.columns[name] as number;
          at = column < 0 ? this.#object(layout.children[name] as ObjectLayout, at) : this.#value(column, at);
        }
      }
      if (at < 0) return FAILED;
      if (isSpace(bytes[at])) at = this.#space(at);
      const separator = bytes[at];
      if (separator === 0x7d) return at + 1;
      if (separator !== 0x2c) return FAILED;
      at++;
      if (isSpace(bytes[at])) at = this.#space(at);
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

  #value(column: number, at: number): number {
    const builder = this.#builders[column] as ColumnBuilder;
    const state = builder.state;
    if (state[this.#row] !== ABSENT) return FAILED;
    const first = this.#bytes[at] as number;
    if (first === 0x6e) {
      state[this.#row] = NULL;
      return isWord(this.#bytes, at, NULL_WORD) ? at + 4 : FAILED;
    }
    const kind = this.#kinds[column] as number;
    if (kind < TIMESTAMP) return this.#number(builder as NumberColumn, kind, at, first);
    if (kind === CATEGORY || kind === TEXT) return this.#string(builder as CategoryColumn | TextColumn, at);
    if (kind === TIMESTAMP)
      return first === 0x22 ? this.#instant(builder as NumberColumn, at) : this.#number(builder as NumberColumn, kind, at, first);
    if (kind === INT64) return this.#integer(builder as Int64Column, at);
    if (kind === BOOLEAN) return this.#boolean(builder as BooleanColumn, at, first);
    return FAILED;
  }

  #number(builder: NumberColumn, kind: number, from: number, first: number): number {
    const bytes = this.#bytes;
    let at = from;
    let byte = first;
    if (byte === 0x2d) byte = bytes[++at] as number;
    const start = at;
    let mantissa = 0;
    while (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30);
      byte = bytes[++at] as number;
    }
    let digits = at - start;
    // A number needs a digit before the point, and no zero before another digit.
    if (digits === 0 || (digits > 1 && bytes[start] === 0x30)) return FAILED;
    let fraction = 0;
    if (byte === 0x2e) {
      byte = bytes[++at] as number;
      const point = at;
      while (byte >= 0x30 && byte <= 0x39) {
        mantissa = mantissa * 10 + (byte - 0x30);
        byte = bytes[++at] as number;
      }
      fraction = at - point;
      digits += fraction;
      if (fraction === 0) return FAILED;
    }
    let value: number;
    if (digits > 15 || byte === 0x65 || byte === 0x45) {
      if (byte === 0x65 || byte === 0x45) at = exponentEnd(bytes, at + 1);
      if (at < 0 || at >= this.#end) return FAILED;
      value = Number(this.#text.toString('latin1', start, at));
    } else value = fraction === 0 ? mantissa : mantissa / (POWERS[fraction] as number);
    if (first === 0x2d) value = -value;
    if (kind === FLOAT64) {
      if (value - value !== 0) return FAILED;
      builder.values[this.#row] = value;
      builder.state[this.#row] = PRESENT;
    } else if (!builder.put(this.#row, value)) return FAILED;
    return at;
  }

  #integer(builder: Int64Column, from: number): number {
    const bytes = this.#bytes;
    let at = bytes[from] === 0x2d ? from + 1 : from;
    const start = at;
    let value = 0;
    for (let digit = (bytes[at] as number) - 0x30; digit >= 0 && digit <= 9; digit = (bytes[++at] as number) - 0x30)
      value = value * 10 + digit;
    const digits = at - start;
    const next = bytes[at];
    // Fractions and exponents are for the slow path.
    if (digits === 0 || (digits > 1 && bytes[start] === 0x30) || next === 0x2e || next === 0x65 || next === 0x45) return FAILED;
    const done =
      digits <= 15
        ? builder.put(this.#row, start === from ? value : 0 - value)
        : at < this.#end && builder.putDigits(this.#row, this.#text.toString('latin1', from, at));
    return done ? at : FAILED;
  }

  #boolean(builder: BooleanColumn, at: number, first: number): number {
    builder.put(this.#row, first === 0x74);
    if (first === 0x74) return isWord(this.#bytes, at, TRUE_WORD) ? at + 4 : FAILED;
    return isWord(this.#bytes, at, FALSE_WORD) ? at + 5 : FAILED;
  }

  #string(builder: CategoryColumn | TextColumn, at: number): number {
    if (this.#bytes[at] !== 0x22) return FAILED;
    const quote = this.#stringEnd(at + 1);
    if (quote < 0) return FAILED;
    builder.put(this.#row, this.#bytes, at + 1, quote);
    return quote + 1;
  }

  #instant(builder: NumberColumn, at: number): number {
    const quote = this.#stringEnd(at + 1);
    if (quote < 0 || !builder.put(this.#row, parseInstant(this.#bytes, at + 1, quote))) return FAILED;
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

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

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

// Entry of scanner.wasm: reads blocks of flat JSON objects into columns. It accepts only what is plain: UTF-8 without escapes, keys of
// the plan (others are skipped strictly), values of the planned kinds, times also as ISO 8601. Whatever it refuses, the caller reads in TypeScript; it never
// accepts what strict JSON of the schema is not.
//
// A node of the plan: count i32 | number of the last scan that met it i32 | entries.
// An entry, 32 bytes: key pointer (the name in quotes, padded by 8 bytes) | key length | kind | child node | values | states | dictionary | 0.
// States are one byte per record: 0 absent, 1 present, 2 null. Values: f64, i64, u8, i32 codes, or i32 pairs (start, length) for text.
// The block is followed by 16 zero bytes, so that loops end and vectors can be loaded whole.

import { decimalToDouble, isDouble } from './decimal';
import { codeOf } from './byte-dictionary';
import { instant } from './instant';
import { isUtf8 } from './utf8';

export { codeOf, rehash } from './byte-dictionary';
export { gatherCodes, gatherHttpDates, gatherIntegers, gatherText } from './field-columns';
export { splitLog } from './log-scanner';

const ENTRIES: usize = 8;
const ENTRY: usize = 32;
const KIND: usize = 8;
const CHILD: usize = 12;
const VALUES: usize = 16;
const STATES: usize = 20;
const DICTIONARY: usize = 24;

const FLOAT64 = 0;
const TIMESTAMP = 1;
const FLOAT32 = 2;
const INT32 = 3;
const INT64 = 4;
const BOOLEAN = 5;
const TEXT = 6;
const CATEGORY = 7;
const NESTED = 9;

/** Objects and arrays within a value that is skipped. */
const DEEPEST = 64;

let block: usize = 0;
/** First byte of the record. */
let begin: usize = 0;
let end: usize = 0;
/** Whether the record is known to be UTF-8: checked once, and only when a byte beyond ASCII was met. */
let utf8: bool = false;
let row: i32 = 0;
let scans: i32 = 0;
let skipUnknown: bool = false;
let powers: usize = 0;

/**
 * Scans `count` records of the block. `starts` and `lengths` are relative to it; `status` gets 0 for a record that was read and 1 for one that was refused,
 * whose states are reset (`states`: pointers to the states of all columns). Returns how many were refused.
 */
export function scan(
  root: usize,
  blockStart: usize,
  starts: usize,
  lengths: usize,
  status: usize,
  count: i32,
  states: usize,
  columns: i32,
  skip: bool,
  powersOfFive: usize,
): i32 {
  block = blockStart;
  skipUnknown = skip;
  powers = powersOfFive;
  let refused = 0;
  for (row = 0; row < count; row++) {
    const start = blockStart + load<u32>(starts + ((<usize>row) << 2));
    const length = load<i32>(lengths + ((<usize>row) << 2));
    begin = start;
    end = start + length;
    utf8 = false;
    scans++;
    let at: usize = length > 0 ? object(root, skipSpace(start)) : 0;
    while (at != 0 && at < end && isSpace(load<u8>(at))) at++;
    const good = at != 0 && at == end;
    store<u8>(status + row, good ? 0 : 1);
    if (good) continue;
    refused++;
    for (let column = 0; column < columns; column++) store<u8>(load<u32>(states + ((<usize>column) << 2)) + row, 0);
  }
  return refused;
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u8): bool {
  return byte <= 0x20 && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09);
}

function skipSpace(from: usize): usize {
  let at = from;
  while (isSpace(load<u8>(at))) at++;
  return at;
}

/** Position after the object at `from`; 0 when it is refused. */
function object(node: usize, from: usize): usize {
  if (load<u8>(from) != 0x7b || load<i32>(node, 4) == scans) return 0;
  store<i32>(node, scans, 4);
  let at = skipSpace(from + 1);
  if (load<u8>(at) == 0x7d) return at + 1;
  const last = node + ENTRIES + <usize>load<i32>(node) * ENTRY;
  let expected = node + ENTRIES;
  while (true) {
    let entry = expected;
    if (!matches(entry, at)) entry = findEntry(node, last, at);
    if (entry == 0) {
      at = skipMember(at);
    } else {
      at = colon(at + load<u32>(entry, 4));
      if (at != 0) at = value(entry, at);
      expected = entry + ENTRY < last ? entry + ENTRY : node + ENTRIES;
    }
    if (at == 0) return 0;
    let separator = load<u8>(at);
    if (separator <= 0x20) {
      at = skipSpace(at);
      separator = load<u8>(at);
    }
    if (separator == 0x7d) return at + 1;
    if (separator != 0x2c) return 0;
    at++;
    if (load<u8>(at) <= 0x20) at = skipSpace(at);
  }
}

/** Whether the key of the entry stands at `at`: eight bytes at a time, the rest masked. */
// @ts-ignore: decorator
@inline
function matches(entry: usize, at: usize): bool {
  const key = <usize>load<u32>(entry);
  const length = <usize>load<u32>(entry, 4);
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(key + i) != load<u64>(at + i)) return false;
  const rest = length - i;
  if (rest == 0) return true;
  return ((load<u64>(key + i) ^ load<u64>(at + i)) << ((8 - rest) << 3)) == 0;
}

function findEntry(node: usize, last: usize, at: usize): usize {
  for (let entry = node + ENTRIES; entry < last; entry += ENTRY) if (matches(entry, at)) return entry;
  return 0;
}

// @ts-ignore: decorator
@inline
function colon(from: usize): usize {
  const at = load<u8>(from) <= 0x20 ? skipSpace(from) : from;
  if (load<u8>(at) != 0x3a) return 0;
  return load<u8>(at + 1) <= 0x20 ? skipSpace(at + 1) : at + 1;
}

function skipMember(at: usize): usize {
  if (!skipUnknown || load<u8>(at) != 0x22) return 0;
  const quote = stringEnd(at + 1);
  if (quote == 0) return 0;
  const from = colon(quote + 1);
  return from == 0 ? 0 : skipValue(from, 0);
}

function value(entry: usize, at: usize): usize {
  const kind = load<i32>(entry, KIND);
  if (kind == NESTED) return object(load<u32>(entry, CHILD), at);
  const state = <usize>load<u32>(entry, STATES) + row;
  if (load<u8>(state) != 0) return 0;
  const first = load<u8>(at);
  if (first == 0x22) return text(entry, kind, state, at);
  if (first < 0x3a) return kind <= INT64 ? number(entry, kind, state, at) : 0;
  if (first == 0x6e) {
    if (load<u32>(at) != 0x6c6c756e) return 0; // null
    store<u8>(state, 2);
    return at + 4;
  }
  if (kind != BOOLEAN) return 0;
  const isTrue = load<u32>(at) == 0x65757274; // true
  if (!isTrue && (first != 0x66 || load<u32>(at + 1) != 0x65736c61)) return 0; // f, alse
  store<u8>(state, 1);
  store<u8>(<usize>load<u32>(entry, VALUES) + row, isTrue ? 1 : 0);
  return at + (isTrue ? 4 : 5);
}

function text(entry: usize, kind: i32, state: usize, at: usize): usize {
  if (kind != TEXT && kind != CATEGORY && kind != TIMESTAMP) return 0;
  const quote = stringEnd(at + 1);
  if (quote == 0) return 0;
  const values = <usize>load<u32>(entry, VALUES);
  if (kind == TIMESTAMP) {
    const time = instant(at + 1, quote);
    if (time != time) return 0;
    store<f64>(values + ((<usize>row) << 3), time);
    store<u8>(state, 1);
    return quote + 1;
  }
  const length = <i32>(quote - at - 1);
  if (kind == CATEGORY) {
    store<i32>(values + ((<usize>row) << 2), codeOf(load<u32>(entry, DICTIONARY), at + 1, length));
  } else {
    store<i32>(values + ((<usize>row) << 3), <i32>(at + 1 - block));
    store<i32>(values + ((<usize>row) << 3), length, 4);
  }
  store<u8>(state, 1);
  return quote + 1;
}

/** Position of the closing quote; 0 when a byte needs more than copying (escape, control character, what is no UTF-8) or the record ends first. */
function stringEnd(from: usize): usize {
  const quotes = i8x16.splat(0x22);
  const escapes = i8x16.splat(0x5c);
  const controls = i8x16.splat(0x20);
  let wide = 0;
  for (let at = from; at < end; at += 16) {
    const bytes = v128.load(at);
    const found = v128.or(v128.or(i8x16.eq(bytes, quotes), i8x16.eq(bytes, escapes)), i8x16.lt_u(bytes, controls));
    const mask = i8x16.bitmask(found);
    const beyond = i8x16.bitmask(bytes);
    if (mask == 0) {
      wide |= beyond;
      continue;
    }
    const stop = at + ctz(mask);
    if (stop >= end || load<u8>(stop) != 0x22) return 0;
    wide |= beyond & ((1 << ctz(mask)) - 1);
    return wide == 0 || isValid() ? stop : 0;
  }
  return 0;
}

function isValid(): bool {
  if (!utf8) utf8 = isUtf8(begin, end);
  return utf8;
}

// @ts-ignore: decorator
@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - 0x30;
}

/** Whether the eight bytes are digits. */
// @ts-ignore: decorator
@inline
function areDigits(word: u64): bool {
  return ((word & 0xf0f0f0f0f0f0f0f0) | (((word + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333;
}

/** The number that eight ASCII digits make: pairs, then fours, then all. */
// @ts-ignore: decorator
@inline
function eightDigits(word: u64): u64 {
  let digits = word & 0x0f0f0f0f0f0f0f0f;
  digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
  digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffff;
  return (digits * 10_000 + (digits >> 32)) & 0xffffffff;
}

function number(entry: usize, kind: i32, state: usize, from: usize): usize {
  const negative = load<u8>(from) == 0x2d;
  const start = negative ? from + 1 : from;
  let at = start;
  let mantissa: u64 = 0;
  for (let word = load<u64>(at); areDigits(word); word = load<u64>(at)) {
    mantissa = mantissa * 100_000_000 + eightDigits(word);
    at += 8;
    if (at - start > 24) return 0;
  }
  for (let digit = digitAt(at); digit < 10; digit = digitAt(at)) {
    mantissa = mantissa * 10 + digit;
    at++;
  }
  let digits = <i32>(at - start);
  // A number needs a digit before the point, and no zero before another digit.
  if (digits == 0 || digits > 19 || (digits > 1 && load<u8>(start) == 0x30)) return 0;
  let exponent: i32 = 0;
  let whole = true;
  if (load<u8>(at) == 0x2e) {
    const point = ++at;
    for (let digit = digitAt(at); digit < 10; digit = digitAt(at)) {
      mantissa = mantissa * 10 + digit;
      at++;
    }
    const fraction = <i32>(at - point);
    digits += fraction;
    if (fraction == 0 || digits > 19) return 0;
    exponent = -fraction;
    whole = false;
  }
  if ((load<u8>(at) | 0x20) == 0x65) {
    const sign = load<u8>(++at);
    if (sign == 0x2b || sign == 0x2d) at++;
    const first = at;
    let power: i32 = 0;
    for (let digit = digitAt(at); digit < 10 && at - first < 4; digit = digitAt(at)) {
      power = power * 10 + digit;
      at++;
    }
    if (at == first || at - first > 3) return 0;
    exponent += sign == 0x2d ? -power : power;
    whole = false;
  }
  return put(entry, kind, state, mantissa, exponent, negative, whole, digits) ? at : 0;
}

function put(entry: usize, kind: i32, state: usize, mantissa: u64, exponent: i32, negative: bool, whole: bool, digits: i32): bool {
  const slot = <usize>load<u32>(entry, VALUES) + ((<usize>row) << 3);
  if (kind == INT64) {
    if (!whole || digits > 18) return false;
    store<i64>(slot, negative ? -(<i64>mantissa) : <i64>mantissa);
  } else if (kind == FLOAT64 || kind == FLOAT32) {
    const magnitude = decimalToDouble(mantissa, exponent, powers);
    if (!isDouble(magnitude) || (kind == FLOAT32 && !isFinite(<f32>magnitude))) return false;
    store<f64>(slot, negative ? -magnitude : magnitude);
  } else {
    if (!whole || digits > 15 || (kind == INT32 && mantissa > (negative ? 2147483648 : 2147483647))) return false;
    store<f64>(slot, negative ? -(<f64>mantissa) : <f64>mantissa);
  }
  store<u8>(state, 1);
  return true;
}

/** Position after a value that is checked but not kept; 0 when it is refused. */
function skipValue(from: usize, depth: i32): usize {
  const first = load<u8>(from);
  if (from >= end) return 0;
  if (first == 0x22) {
    const quote = stringEnd(from + 1);
    return quote == 0 ? 0 : quote + 1;
  }
  if (first == 0x7b || first == 0x5b) return depth > DEEPEST ? 0 : skipMembers(from + 1, depth, first == 0x7b);
  if (first == 0x74) return load<u32>(from) == 0x65757274 ? from + 4 : 0;
  if (first == 0x66) return load<u32>(from + 1) == 0x65736c61 ? from + 5 : 0;
  if (first == 0x6e) return load<u32>(from) == 0x6c6c756e ? from + 4 : 0;
  return skipNumber(from);
}

function skipMembers(from: usize, depth: i32, named: bool): usize {
  const close: u8 = named ? 0x7d : 0x5d;
  let at = skipSpace(from);
  if (load<u8>(at) == close) return at + 1;
  while (true) {
    if (named) {
      if (load<u8>(at) != 0x22) return 0;
      const quote = stringEnd(at + 1);
      if (quote == 0) return 0;
      at = colon(quote + 1);
      if (at == 0) return 0;
    }
    at = skipValue(at, depth + 1);
    if (at == 0) return 0;
    at = skipSpace(at);
    if (at >= end) return 0;
    if (load<u8>(at) == close) return at + 1;
    if (load<u8>(at) != 0x2c) return 0;
    at = skipSpace(at + 1);
  }
}

function skipDigits(from: usize): usize {
  let at = from;
  while (digitAt(at) < 10) at++;
  return at;
}

function skipNumber(from: usize): usize {
  const start = load<u8>(from) == 0x2d ? from + 1 : from;
  let at = skipDigits(start);
  if (at == start || (at > start + 1 && load<u8>(start) == 0x30)) return 0;
  if (load<u8>(at) == 0x2e) {
    const point = at + 1;
    at = skipDigits(point);
    if (at == point) return 0;
  }
  if ((load<u8>(at) | 0x20) != 0x65) return at;
  const sign = load<u8>(at + 1) == 0x2b || load<u8>(at + 1) == 0x2d ? at + 2 : at + 1;
  at = skipDigits(sign);
  return at == sign ? 0 : at;
}

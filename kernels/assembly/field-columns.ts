// Columns from lists of pairs (start relative to the block, length; -1 absent, -2 null), row by row. A value that does not fit marks its row as refused.

import { codeOf } from './byte-dictionary';
import { daysBefore, daysIn, two } from './calendar';

const PRESENT: u8 = 1;
const NULL: u8 = 2;

/** State of a row from its length. */
// @ts-ignore: decorator
@inline
function stateOf(length: i32): u8 {
  return length >= 0 ? PRESENT : length == -2 ? NULL : 0;
}

/** Copies the strings one after the other to `out`, with Arrow's offsets. Returns the bytes written. */
export function gatherText(block: usize, pairs: usize, count: i32, offsets: usize, states: usize, out: usize): i32 {
  let at: usize = 0;
  store<i32>(offsets, 0);
  for (let row = 0; row < count; row++) {
    const pair = pairs + ((<usize>row) << 3);
    const length = load<i32>(pair, 4);
    store<u8>(states + row, stateOf(length));
    if (length > 0) {
      memory.copy(out + at, block + load<u32>(pair), length);
      at += length;
    }
    store<i32>(offsets + ((<usize>(row + 1)) << 2), <i32>at);
  }
  return <i32>at;
}

/** Codes of the strings in a dictionary that has room for them. */
export function gatherCodes(block: usize, pairs: usize, count: i32, codes: usize, states: usize, dictionary: usize): void {
  for (let row = 0; row < count; row++) {
    const pair = pairs + ((<usize>row) << 3);
    const length = load<i32>(pair, 4);
    store<u8>(states + row, stateOf(length));
    store<i32>(codes + ((<usize>row) << 2), length >= 0 ? codeOf(dictionary, block + load<u32>(pair), length) : 0);
  }
}

/** Decimal integers of at most `digits` digits and up to `most`, as i64 (`wide`) or f64. */
export function gatherIntegers(
  block: usize,
  pairs: usize,
  count: i32,
  values: usize,
  states: usize,
  status: usize,
  most: f64,
  wide: bool,
): void {
  for (let row = 0; row < count; row++) {
    const pair = pairs + ((<usize>row) << 3);
    const length = load<i32>(pair, 4);
    store<u8>(states + row, stateOf(length));
    if (length < 0) continue;
    const start = block + load<u32>(pair);
    let value: i64 = 0;
    let good = length > 0 && length <= 15;
    for (let at = start; good && at < start + length; at++) {
      const digit = <u32>load<u8>(at) - 0x30;
      good = digit < 10;
      value = value * 10 + digit;
    }
    if (!good || <f64>value > most) store<u8>(status + row, 1);
    else if (wide) store<i64>(values + ((<usize>row) << 3), value);
    else store<f64>(values + ((<usize>row) << 3), <f64>value);
  }
}

/** Number of the month from its English short name, 1 to 12; 0 for none. */
function monthOf(at: usize): u32 {
  const name = load<u32>(at) & 0xffffff;
  switch (name) {
    case 0x6e614a: return 1;
    case 0x626546: return 2;
    case 0x72614d: return 3;
    case 0x727041: return 4;
    case 0x79614d: return 5;
    case 0x6e754a: return 6;
    case 0x6c754a: return 7;
    case 0x677541: return 8;
    case 0x706553: return 9;
    case 0x74634f: return 10;
    case 0x766f4e: return 11;
    case 0x636544: return 12;
    default: return 0;
  }
}

/** ms since 1970 of `10/Oct/2000:13:55:36 -0700`, as f64; NaN when it is none. */
function httpDate(at: usize): f64 {
  const day = two(at);
  const month = monthOf(at + 3);
  const year = two(at + 7) * 100 + two(at + 9);
  const hour = two(at + 12);
  const minute = two(at + 15);
  const second = two(at + 18);
  const zoneHour = two(at + 22);
  const zoneMinute = two(at + 24);
  const sign = load<u8>(at + 21);
  const marks = load<u8>(at + 2) == 0x2f && load<u8>(at + 6) == 0x2f && load<u8>(at + 11) == 0x3a && load<u8>(at + 14) == 0x3a;
  const zoned = load<u8>(at + 17) == 0x3a && load<u8>(at + 20) == 0x20 && (sign == 0x2b || sign == 0x2d);
  if (!marks || !zoned || month == 0 || year > 9999 || day == 0 || day > daysIn(year, month)) return NaN;
  if (hour > 23 || minute > 59 || second > 60 || zoneHour > 99 || zoneMinute > 99) return NaN;
  const zone = <i64>(zoneHour * 60 + zoneMinute) * 60_000;
  const time = <i64>daysBefore(year, month, day) * 86_400_000 + <i64>(hour * 3600 + minute * 60 + second) * 1000;
  return <f64>(sign == 0x2d ? time + zone : time - zone);
}

/** Times of web servers' logs, as f64 in ms. */
export function gatherHttpDates(block: usize, pairs: usize, count: i32, values: usize, states: usize, status: usize): void {
  for (let row = 0; row < count; row++) {
    const pair = pairs + ((<usize>row) << 3);
    const length = load<i32>(pair, 4);
    store<u8>(states + row, stateOf(length));
    if (length < 0) continue;
    const instant = length == 26 ? httpDate(block + load<u32>(pair)) : NaN;
    if (instant != instant) store<u8>(status + row, 1);
    else store<f64>(values + ((<usize>row) << 3), instant);
  }
}

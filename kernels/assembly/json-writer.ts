// Writes rows of columns as JSON objects.
// A column is 36 bytes: kind | values | validity bits (0: no nulls) | texts: offsets | texts: bytes | text before the value | its length | most bytes of a row, but for strings |
// first bit of the validity and of booleans; positions in the memory. Dictionary entries (kind 6) are JSON literals already; strings (kind 7) are escaped here.

import { copyBytes } from './copy-bytes';
import { writeUnsigned } from './decimal-digits';
import { writeDouble, writeSingle } from './shortest-decimal';

const COLUMN: usize = 36;
const FLOAT64: i32 = 0;
const FLOAT32: i32 = 1;
const INT32: i32 = 2;
const UINT32: i32 = 3;
const INT64: i32 = 4;
const UINT64: i32 = 5;
const LITERAL: i32 = 6;
const TEXT: i32 = 7;
const BOOLEAN: i32 = 8;

/**
 * Writes rows `from` to `to` one after another, each with a gap behind it of as many bytes as `gaps` says, and where each ends, counted from `out`, into `ends`; stops before a row that might not fit before `limit`.
 * Returns the number of rows written. `last` is the text after the last value. Up to 16 bytes beyond a value are overwritten.
 */
export function writeRows(
  columns: usize, count: i32, last: usize, lastLength: u32, from: u32, to: u32, gaps: usize, out: usize, limit: usize, ends: usize,
  powersOfTen: usize,
): u32 {
  const end = columns + <usize>count * COLUMN;
  let most: usize = lastLength + 16;
  let texts = 0;
  for (let column = columns; column < end; column += COLUMN) {
    most += load<u32>(column, 28);
    texts += i32(load<i32>(column) == TEXT);
  }
  let at = out;
  let row = from;
  for (; row < to; row++) {
    const gap = <usize>load<u32>(gaps + (<usize>row << 2));
    if (at + most + gap + (texts == 0 ? 0 : roomOfTexts(columns, end, row)) > limit) break;
    for (let column = columns; column < end; column += COLUMN) {
      at = copyBytes(load<u32>(column, 20), load<u32>(column, 24), at);
      at = isValid(column, row) ? writeValue(column, row, at, powersOfTen) : writeNull(at);
    }
    at = copyBytes(last, lastLength, at);
    store<u32>(ends + (<usize>(row - from) << 2), <u32>(at - out));
    at += gap;
  }
  return row - from;
}

/** A byte of a string takes six at most. */
function roomOfTexts(columns: usize, end: usize, row: u32): usize {
  let room: usize = 0;
  for (let column = columns; column < end; column += COLUMN) {
    if (load<i32>(column) != TEXT) continue;
    const offsets = <usize>load<u32>(column, 12) + (<usize>row << 2);
    room += 6 * <usize>(load<u32>(offsets, 4) - load<u32>(offsets));
  }
  return room;
}

// @ts-ignore: decorator
@inline
function isValid(column: usize, row: u32): bool {
  const validity = <usize>load<u32>(column, 8);
  return validity == 0 || isSet(validity, load<u32>(column, 32) + row);
}

// @ts-ignore: decorator
@inline
function isSet(bits: usize, bit: u32): bool {
  return ((load<u8>(bits + (bit >> 3)) >> (bit & 7)) & 1) != 0;
}

// @ts-ignore: decorator
@inline
function writeNull(out: usize): usize {
  store<u32>(out, 0x6c6c756e);
  return out + 4;
}

function writeValue(column: usize, row: u32, out: usize, powersOfTen: usize): usize {
  const values = <usize>load<u32>(column, 4);
  switch (load<i32>(column)) {
    case FLOAT64: {
      const value = load<f64>(values + (<usize>row << 3));
      return value - value == 0 ? writeDouble(value, out, powersOfTen) : writeNull(out);
    }
    case FLOAT32: {
      const value = load<f32>(values + (<usize>row << 2));
      return value - value == 0 ? writeSingle(value, out, powersOfTen) : writeNull(out);
    }
    case INT32:
      return writeSigned(load<i32>(values + (<usize>row << 2)), out);
    case UINT32:
      return writeUnsigned(load<u32>(values + (<usize>row << 2)), out);
    case INT64:
      return writeSigned(load<i64>(values + (<usize>row << 3)), out);
    case UINT64:
      return writeUnsigned(load<u64>(values + (<usize>row << 3)), out);
    case LITERAL:
      return writeLiteral(column, load<u32>(values + (<usize>row << 2)), out);
    case TEXT:
      return writeText(column, row, out);
    case BOOLEAN: {
      if (isSet(values, load<u32>(column, 32) + row)) {
        store<u32>(out, 0x65757274);
        return out + 4;
      }
      store<u32>(out, 0x736c6166);
      store<u8>(out + 4, 0x65);
      return out + 5;
    }
    default:
      return writeNull(out);
  }
}

function writeSigned(value: i64, out: usize): usize {
  if (value >= 0) return writeUnsigned(<u64>value, out);
  store<u8>(out, 0x2d);
  return writeUnsigned(<u64>0 - <u64>value, out + 1);
}

function writeLiteral(column: usize, entry: u32, out: usize): usize {
  const offsets = <usize>load<u32>(column, 12) + (<usize>entry << 2);
  const start = load<u32>(offsets);
  return copyBytes(<usize>load<u32>(column, 16) + start, load<u32>(offsets, 4) - start, out);
}

function writeText(column: usize, row: u32, position: usize): usize {
  const offsets = <usize>load<u32>(column, 12) + (<usize>row << 2);
  const bytes = <usize>load<u32>(column, 16);
  const end = bytes + load<u32>(offsets, 4);
  let out = position;
  store<u8>(out++, 0x22);
  for (let at = bytes + load<u32>(offsets); at < end; ) {
    const chunk = v128.load(at);
    v128.store(out, chunk);
    const special = i8x16.bitmask(
      v128.or(i8x16.lt_u(chunk, i8x16.splat(0x20)), v128.or(i8x16.eq(chunk, i8x16.splat(0x22)), i8x16.eq(chunk, i8x16.splat(0x5c)))),
    );
    const plain = min<usize>(ctz(special | 0x10000), end - at);
    out += plain;
    at += plain;
    if (plain < 16 && at < end) out = writeEscape(load<u8>(at++), out);
  }
  store<u8>(out, 0x22);
  return out + 1;
}

function writeEscape(byte: u8, out: usize): usize {
  store<u8>(out, 0x5c);
  let letter: u8 = byte;
  if (byte == 10) letter = 0x6e;
  else if (byte == 13) letter = 0x72;
  else if (byte == 9) letter = 0x74;
  else if (byte == 8) letter = 0x62;
  else if (byte == 12) letter = 0x66;
  else if (byte < 0x20) {
    store<u32>(out + 1, 0x30303075);
    const low: u8 = byte & 15;
    store<u8>(out + 4, 0x30 + (byte >> 4));
    store<u8>(out + 5, low < 10 ? 0x30 + low : 0x57 + low);
    return out + 6;
  }
  store<u8>(out + 1, letter);
  return out + 2;
}

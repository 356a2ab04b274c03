// Writes the records of a Kafka RecordBatch (magic 2) and sums them. Source: Kafka protocol, "Record".
// Columns of `count` records lie one after another: timestamps (f64, ms) | starts and lengths of values, keys, headers (i32 each; a length of -1: none) | offset deltas (i32).

import { copyBytes } from './copy-bytes';

export { crc32c } from './crc32c';

const MOST_EXACT: f64 = 9007199254740991;

// @ts-ignore: decorator
@inline
function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}

// @ts-ignore: decorator
@inline
function varintSize(value: i64): u32 {
  return (70 - <u32>clz(zigzag(value) | 1)) / 7;
}

// @ts-ignore: decorator
@inline
function writeVarint(value: i64, out: usize): usize {
  let rest = zigzag(value);
  let at = out;
  for (; rest > 127; rest >>= 7) store<u8>(at++, <u8>rest | 128);
  store<u8>(at, <u8>rest);
  return at + 1;
}

/** An i32 column, by its number. */
// @ts-ignore: decorator
@inline
function cell(columns: usize, count: usize, column: usize, record: usize): i32 {
  return load<i32>(columns + ((2 * count + column * count + record) << 2));
}

/** Bytes of a record behind its length field. */
// @ts-ignore: decorator
@inline
function bodySize(columns: usize, count: usize, record: usize, time: i64): u32 {
  const value = cell(columns, count, 1, record);
  const key = cell(columns, count, 3, record);
  const fields = varintSize(key) + max(key, 0) + varintSize(value) + max(value, 0) + max(cell(columns, count, 5, record), 1);
  return 1 + varintSize(time) + varintSize(cell(columns, count, 6, record)) + fields;
}

/** Bytes that the records take; or, below zero, -1 less the number of a record whose timestamp cannot be held. The part of the bytes that they use goes to `span`: its first position, and that after it. */
export function measureRecords(columns: usize, count: usize, span: usize): i32 {
  const base = load<f64>(columns);
  let total: u32 = 0;
  let first: i32 = i32.MAX_VALUE;
  let last: i32 = 0;
  for (let record: usize = 0; record < count; record++) {
    const timestamp = load<f64>(columns + (record << 3));
    const since = timestamp - base;
    // Twice the difference is what a varint of 64 bits holds, and what must be exact.
    if (nearest(timestamp) != timestamp || !(abs(timestamp) <= MOST_EXACT) || !(abs(2 * since) <= MOST_EXACT)) return -1 - <i32>record;
    const body = bodySize(columns, count, record, <i64>since);
    total += varintSize(body) + body;
    for (let part: usize = 0; part < 6; part += 2) {
      const length = cell(columns, count, part + 1, record);
      if (length <= 0) continue;
      const start = cell(columns, count, part, record);
      first = min(first, start);
      last = max(last, start + length);
    }
  }
  store<i32>(span, min(first, last));
  store<i32>(span, last, 4);
  return total;
}

// @ts-ignore: decorator
@inline
function writeField(source: usize, start: i32, length: i32, out: usize): usize {
  const at = writeVarint(length, out);
  return length > 0 ? copyBytes(source + start, length, at) : at;
}

/** Writes the records; `source` is where position 0 of their bytes would be. */
export function writeRecords(columns: usize, count: usize, source: usize, out: usize): void {
  const base = load<f64>(columns);
  let at = out;
  for (let record: usize = 0; record < count; record++) {
    const time = <i64>(load<f64>(columns + (record << 3)) - base);
    at = writeVarint(bodySize(columns, count, record, time), at);
    store<u8>(at++, 0);
    at = writeVarint(time, at);
    at = writeVarint(cell(columns, count, 6, record), at);
    at = writeField(source, cell(columns, count, 2, record), cell(columns, count, 3, record), at);
    at = writeField(source, cell(columns, count, 0, record), cell(columns, count, 1, record), at);
    const headers = cell(columns, count, 5, record);
    if (headers == 0) store<u8>(at++, 0);
    else at = copyBytes(source + cell(columns, count, 4, record), headers, at);
  }
}

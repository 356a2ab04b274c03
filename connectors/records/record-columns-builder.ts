import type { RecordColumns } from '../contract/index.ts';
import type { BatchHeader } from './batch-header.ts';
import { ByteReader } from './byte-reader.ts';
import { damaged } from './damaged.ts';
import { checkHeaders } from './record-headers.ts';

/** Length, attributes, timestamp delta, offset delta, key length, value length, header count: one byte each at the least. */
export const SMALLEST_RECORD = 7;

/** Grows the columns of records while batches are read; no object per record. */
export class RecordColumnsBuilder {
  #count = 0;
  #keyStart = new Int32Array(0);
  #keyLength = new Int32Array(0);
  #valueStart = new Int32Array(0);
  #valueLength = new Int32Array(0);
  #headersStart = new Int32Array(0);
  #headersLength = new Int32Array(0);
  #timestamp = new Float64Array(0);
  #offset = new Float64Array(0);

  /** @param capacity records expected, so that the columns need not grow */
  constructor(capacity = 0) {
    if (capacity > 0) this.#reserve(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Reads the records of one batch from `block[from, to)`, leaving out those below `minOffset`.
   *
   * @throws MillraceError DECODE_FAILED at the first byte that contradicts the layout; the builder then holds the records before it.
   */
  append(block: Uint8Array, from: number, to: number, header: BatchHeader, minOffset: number): void {
    if (header.count < 0 || header.count > (to - from) / SMALLEST_RECORD) {
      throw damaged(from, `it claims ${header.count} records in ${to - from} bytes`);
    }
    this.#reserve(header.count);
    const reader = new ByteReader(block, from, to);
    for (let record = 0; record < header.count; record++) {
      record += this.#plainRecords(reader, header.count - record, header, minOffset);
      if (record < header.count) this.#record(reader, header, minOffset);
    }
    if (reader.position !== to) throw damaged(reader.position, `${to - reader.position} bytes follow its last record`);
  }

  /**
   * Reads records as most are, with short lengths and without headers, at most `most` of them, up to the first that is not like that; returns how many. Numbers stay in local variables: this loop
   * runs for every record.
   */
  #plainRecords(reader: ByteReader, most: number, header: BatchHeader, minOffset: number): number {
    const { bytes, end: to } = reader;
    const { baseOffset, baseTimestamp, maxTimestamp, logAppendTime } = header;
    const keyStarts = this.#keyStart;
    const keyLengths = this.#keyLength;
    const valueStarts = this.#valueStart;
    const valueLengths = this.#valueLength;
    const headers = this.#headersStart;
    const headersLengths = this.#headersLength;
    const timestamps = this.#timestamp;
    const offsets = this.#offset;
    let at = this.#count;
    let read = 0;
    let position = reader.position;
    for (; read < most; read++) {
      const length = shortVarint(bytes, position);
      const start = position + (length & SIZE) + 1;
      const end = start - 1 + signed(length);
      const time = shortVarint(bytes, start);
      const timeEnd = start + (time & SIZE);
      const delta = shortVarint(bytes, timeEnd);
      const deltaEnd = timeEnd + (delta & SIZE);
      const key = shortVarint(bytes, deltaEnd);
      const keyStart = deltaEnd + (key & SIZE);
      const keyLength = signed(key);
      const keyEnd = keyLength > 0 ? keyStart + keyLength : keyStart;
      const value = shortVarint(bytes, keyEnd);
      const valueStart = keyEnd + (value & SIZE);
      const valueLength = signed(value);
      const valueEnd = valueLength > 0 ? valueStart + valueLength : valueStart;
      const short = length !== LONG && time !== LONG && delta !== LONG && key !== LONG && value !== LONG;
      if (!short || keyLength < -1 || valueLength < -1 || end > to || valueEnd + 1 !== end || bytes[valueEnd] !== 0) break;
      keyStarts[at] = keyStart;
      keyLengths[at] = keyLength;
      valueStarts[at] = valueStart;
      valueLengths[at] = valueLength;
      headers[at] = valueEnd;
      headersLengths[at] = 0;
      timestamps[at] = logAppendTime ? maxTimestamp : baseTimestamp + signed(time);
      const offset = baseOffset + signed(delta);
      offsets[at] = offset;
      if (offset >= minOffset) at++;
      position = end;
    }
    this.#count = at;
    reader.position = position;
    return read;
  }

  #record(reader: ByteReader, header: BatchHeader, minOffset: number): void {
    const length = reader.varint();
    const end = reader.position + length;
    if (length < SMALLEST_RECORD - 1 || end > reader.end) throw damaged(reader.position, `a record claims ${length} bytes`);
    reader.position++;
    const timestamp = header.baseTimestamp + reader.varlong();
    const offset = header.baseOffset + reader.varint();
    const at = this.#count;
    const keyLength = reader.varint();
    this.#keyStart[at] = reader.skip(keyLength);
    this.#keyLength[at] = keyLength;
    const valueLength = reader.varint();
    this.#valueStart[at] = reader.skip(valueLength);
    this.#valueLength[at] = valueLength;
    this.#headers(reader, at, end);
    this.#timestamp[at] = header.logAppendTime ? header.maxTimestamp : timestamp;
    this.#offset[at] = offset;
    if (offset >= minOffset) this.#count++;
  }

  #headers(reader: ByteReader, at: number, end: number): void {
    const start = reader.position;
    const none = end - start === 1 && reader.bytes[start] === 0;
    this.#headersStart[at] = start;
    this.#headersLength[at] = none ? 0 : end - start;
    if (!none) checkHeaders(new ByteReader(reader.bytes, start, end));
    reader.position = end;
  }

  #reserve(more: number): void {
    const needed = this.#count + more;
    if (needed <= this.#offset.length) return;
    const capacity = Math.max(this.#offset.length * 2, needed);
    this.#keyStart = grown(this.#keyStart, capacity);
    this.#keyLength = grown(this.#keyLength, capacity);
    this.#valueStart = grown(this.#valueStart, capacity);
    this.#valueLength = grown(this.#valueLength, capacity);
    this.#headersStart = grown(this.#headersStart, capacity);
    this.#headersLength = grown(this.#headersLength, capacity);
    this.#timestamp = grown(this.#timestamp, capacity);
    this.#offset = grown(this.#offset, capacity);
  }

  /** The records read, over `block`. The builder must not be used afterwards. */
  finish(block: Uint8Array): RecordColumns {
    const count = this.#count;
    return {
      count,
      bytes: block,
      keyStart: this.#keyStart.subarray(0, count),
      keyLength: this.#keyLength.subarray(0, count),
      valueStart: this.#valueStart.subarray(0, count),
      valueLength: this.#valueLength.subarray(0, count),
      headersStart: this.#headersStart.subarray(0, count),
      headersLength: this.#headersLength.subarray(0, count),
      timestamp: this.#timestamp.subarray(0, count),
      offset: this.#offset.subarray(0, count),
    };
  }
}

/** Bits of what `shortVarint` returns that hold the size. */
const SIZE = 7;
/** What it returns for a longer integer, or at the end of the bytes. */
const LONG = 0;

/** An integer of at most four bytes: its value, still in zigzag form, above its size in bytes. */
function shortVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 128) return (first << 3) | 1;
  const second = bytes[at + 1] as number;
  if (second < 128) return (((second << 7) | (first & 127)) << 3) | 2;
  const third = bytes[at + 2] as number;
  if (third < 128) return (((third << 14) | ((second & 127) << 7) | (first & 127)) << 3) | 3;
  const fourth = bytes[at + 3] as number;
  if (fourth < 128) return (((fourth << 21) | ((third & 127) << 14) | ((second & 127) << 7) | (first & 127)) << 3) | 4;
  return LONG;
}

/** The value of what `shortVarint` returned. */
const signed = (short: number) => (short >>> 4) ^ -((short >>> 3) & 1);

function grown<Column extends Int32Array | Float64Array>(column: Column, capacity: number): Column {
  const larger = new (column.constructor as new (length: number) => Column)(capacity);
  larger.set(column);
  return larger;
}

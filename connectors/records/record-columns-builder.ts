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
    for (let record = 0; record < header.count; record++) this.#record(reader, header, minOffset);
    if (reader.position !== to) throw damaged(reader.position, `${to - reader.position} bytes follow its last record`);
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

function grown<Column extends Int32Array | Float64Array>(column: Column, capacity: number): Column {
  const larger = new (column.constructor as new (length: number) => Column)(capacity);
  larger.set(column);
  return larger;
}

import { freshArray, SpareMemory } from '../../columnar/index.ts';
import type { RecordFields } from './format.ts';
import type { RecordColumns } from './record-columns.ts';

/**
 * Appends records to growing columns. An encoder writes values through `reserve` and `endValue`; the sink adds keys and timestamps.
 *
 * @example
 * const writer = new RecordWriter();
 * writer.value(new TextEncoder().encode('{"a":1}'));
 * writer.endRecord({ key: null, timestamp: 0 });
 * const records = writer.finish();
 */
export class RecordWriter {
  readonly #memory: SpareMemory;
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #count = 0;
  #columns = new WrittenColumns(FIRST_RECORDS);
  #valueStart = 0;
  #valueLength = -1;

  /** @param memory that the records' bytes are written to; whoever has no more use for them may give it back there. */
  constructor(memory = new SpareMemory()) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes held so far. */
  get byteLength(): number {
    return this.#length;
  }

  /** The buffer, with room for `size` more bytes at `position`: encoders write there directly, then set `position`. */
  reserve(size: number): Uint8Array {
    if (this.#length + size > this.#bytes.length) {
      const grown = this.#memory.take(Math.max(this.#bytes.length * 2, this.#length + size, FIRST_BYTES));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    return this.#bytes;
  }

  get position(): number {
    return this.#length;
  }

  set position(position: number) {
    this.#length = position;
  }

  /** Begins the value of the next record at the current position. */
  beginValue(): void {
    this.#valueStart = this.#length;
  }

  /** Ends the value at the current position. */
  endValue(): void {
    this.#valueLength = this.#length - this.#valueStart;
  }

  /** The whole value of the next record; null for none (a tombstone). */
  value(value: Uint8Array | null): void {
    this.beginValue();
    if (value === null) {
      this.#valueLength = -1;
      return;
    }
    this.reserve(value.length).set(value, this.#length);
    this.#length += value.length;
    this.endValue();
  }

  /** Completes the record whose value was written last. `headers` are in RecordBatch form (see RecordColumns). */
  endRecord(record: { readonly key: Uint8Array | null; readonly timestamp: number; readonly headers?: Uint8Array }): void {
    const columns = this.#room(1);
    const at = this.#count++;
    columns.valueStart[at] = this.#valueStart;
    columns.valueLength[at] = this.#valueLength;
    columns.keyStart[at] = this.#length;
    columns.keyLength[at] = this.#append(record.key);
    columns.headersStart[at] = this.#length;
    columns.headersLength[at] = this.#append(record.headers ?? NOTHING);
    columns.timestamp[at] = record.timestamp;
    this.#valueLength = -1;
  }

  /**
   * Adds records whose values lie one after another in `block`, each with room for its key behind it, as when records are added one by one; `ends` tells where each value ends. Keys and
   * timestamps are those of the rows from `firstRow` on.
   */
  addValues(block: Uint8Array, ends: Int32Array, fields: RecordFields, firstRow: number): void {
    const { valueStart, valueLength, keyStart, keyLength, headersStart, headersLength, timestamp } = this.#room(ends.length);
    const base = this.#length;
    const bytes = this.reserve(block.length);
    bytes.set(block, base);
    this.#length += block.length;
    let start = base;
    for (let record = 0; record < ends.length; record++) {
      const at = this.#count++;
      const end = base + (ends[record] as number);
      const key = fields.key(firstRow + record);
      valueStart[at] = start;
      valueLength[at] = end - start;
      keyStart[at] = end;
      keyLength[at] = key === null ? -1 : key.length;
      start = key === null ? end : copyShort(key, bytes, end);
      headersStart[at] = start;
      headersLength[at] = 0;
      timestamp[at] = fields.timestamp(firstRow + record);
    }
  }

  /** Appends bytes, and returns their length; -1 for none. */
  #append(bytes: Uint8Array | null): number {
    if (bytes === null) return -1;
    if (bytes.length > 0) this.#length = copyShort(bytes, this.reserve(bytes.length), this.#length);
    return bytes.length;
  }

  #room(records: number): WrittenColumns {
    const needed = this.#count + records;
    if (needed > this.#columns.timestamp.length)
      this.#columns = this.#columns.first(this.#count, Math.max(needed, this.#columns.timestamp.length * 2));
    return this.#columns;
  }

  /** The records written, and an empty writer. */
  finish(): RecordColumns {
    const count = this.#count;
    const { timestamp, valueStart, valueLength, keyStart, keyLength, headersStart, headersLength } = this.#columns.first(count, count);
    const offset = freshArray(Float64Array, count);
    for (let record = 0; record < count; record++) offset[record] = record;
    this.#count = 0;
    const bytes = this.#takeBytes();
    return { count, bytes, valueStart, valueLength, keyStart, keyLength, headersStart, headersLength, timestamp, offset };
  }

  /** The bytes written: the buffer itself where it is mostly full, which spares a copy, else a copy, which spares the room. */
  #takeBytes(): Uint8Array {
    const length = this.#length;
    this.#length = 0;
    if (length * 2 < this.#bytes.length) return this.#bytes.slice(0, length);
    const bytes = this.#bytes.subarray(0, length);
    this.#bytes = NOTHING;
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);
const FIRST_BYTES = 64 * 1024;
const FIRST_RECORDS = 1024;

/** Below this many bytes a loop copies faster than a call into the engine. */
const COPY_BY_LOOP = 64;

/** Copies bytes; returns the position behind them. */
function copyShort(from: Uint8Array, to: Uint8Array, at: number): number {
  if (from.length > COPY_BY_LOOP) to.set(from, at);
  else for (let byte = 0; byte < from.length; byte++) to[at + byte] = from[byte] as number;
  return at + from.length;
}

/** Columns of records that are being written. */
class WrittenColumns {
  readonly timestamp: Float64Array;
  readonly valueStart: Int32Array;
  readonly valueLength: Int32Array;
  readonly keyStart: Int32Array;
  readonly keyLength: Int32Array;
  readonly headersStart: Int32Array;
  readonly headersLength: Int32Array;

  constructor(records: number) {
    this.timestamp = freshArray(Float64Array, records);
    this.valueStart = freshArray(Int32Array, records);
    this.valueLength = freshArray(Int32Array, records);
    this.keyStart = freshArray(Int32Array, records);
    this.keyLength = freshArray(Int32Array, records);
    this.headersStart = freshArray(Int32Array, records);
    this.headersLength = freshArray(Int32Array, records);
  }

  /** A copy of the first `count` records with room for so many. */
  first(count: number, room: number): WrittenColumns {
    const columns = new WrittenColumns(room);
    columns.timestamp.set(this.timestamp.subarray(0, count));
    columns.valueStart.set(this.valueStart.subarray(0, count));
    columns.valueLength.set(this.valueLength.subarray(0, count));
    columns.keyStart.set(this.keyStart.subarray(0, count));
    columns.keyLength.set(this.keyLength.subarray(0, count));
    columns.headersStart.set(this.headersStart.subarray(0, count));
    columns.headersLength.set(this.headersLength.subarray(0, count));
    return columns;
  }
}

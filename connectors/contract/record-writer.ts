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
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #count = 0;
  #starts = new Int32Array(6 * 1024);
  #timestamps = new Float64Array(1024);
  #valueStart = 0;
  #valueLength = -1;

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
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size, FIRST_BYTES));
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
    if (this.#count * 6 + 6 > this.#starts.length) this.#growColumns();
    const at = this.#count * 6;
    this.#starts[at] = this.#valueStart;
    this.#starts[at + 1] = this.#valueLength;
    this.#append(at + 2, record.key);
    this.#append(at + 4, record.headers ?? NOTHING);
    this.#timestamps[this.#count] = record.timestamp;
    this.#count++;
    this.#valueLength = -1;
  }

  /**
   * Adds records whose values lie one after another in `values`; `ends` tells where each ends. Keys and timestamps are those of the rows from `firstRow` on.
   * Each key comes after its value, as when records are added one by one.
   */
  addValues(values: Uint8Array, ends: Int32Array, fields: RecordFields, firstRow: number): void {
    this.reserve(values.length);
    let copied = 0;
    let start = 0;
    for (let record = 0; record < ends.length; record++) {
      const end = ends[record] as number;
      const key = fields.key(firstRow + record);
      this.#valueStart = this.#length + start - copied;
      this.#valueLength = end - start;
      if (key !== null || record === ends.length - 1) {
        // The values since the last key at once.
        this.reserve(end - copied).set(values.subarray(copied, end), this.#length);
        this.#length += end - copied;
        copied = end;
      }
      this.endRecord({ key, timestamp: fields.timestamp(firstRow + record) });
      start = end;
    }
  }

  #append(at: number, bytes: Uint8Array | null): void {
    this.#starts[at] = this.#length;
    this.#starts[at + 1] = bytes === null ? -1 : bytes.length;
    if (bytes === null || bytes.length === 0) return;
    this.reserve(bytes.length).set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #growColumns(): void {
    const starts = new Int32Array(this.#starts.length * 2);
    starts.set(this.#starts);
    this.#starts = starts;
    const timestamps = new Float64Array(this.#timestamps.length * 2);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
  }

  /** The records written, and an empty writer. */
  finish(): RecordColumns {
    const count = this.#count;
    const column = (part: number) => {
      const values = new Int32Array(count);
      for (let record = 0; record < count; record++) values[record] = this.#starts[record * 6 + part] as number;
      return values;
    };
    const offset = new Float64Array(count);
    for (let record = 0; record < count; record++) offset[record] = record;
    const records: RecordColumns = {
      count,
      bytes: this.#takeBytes(),
      valueStart: column(0),
      valueLength: column(1),
      keyStart: column(2),
      keyLength: column(3),
      headersStart: column(4),
      headersLength: column(5),
      timestamp: this.#timestamps.slice(0, count),
      offset,
    };
    this.#count = 0;
    this.#length = 0;
    return records;
  }

  /** The bytes written: the buffer itself where it is mostly full, which spares a copy, else a copy, which spares the room. */
  #takeBytes(): Uint8Array {
    if (this.#length * 2 < this.#bytes.length) return this.#bytes.slice(0, this.#length);
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = NOTHING;
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);
const FIRST_BYTES = 64 * 1024;

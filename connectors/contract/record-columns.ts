/**
 * Records as columns over one block of bytes: what a broker returned, or what a sink is about to publish. No object per record.
 * Offsets and timestamps are float64 (exact up to 2^53); a length of -1 stands for null.
 */
export interface RecordColumns {
  readonly count: number;
  /** Keys, values and headers lie in here. */
  readonly bytes: Uint8Array;
  readonly keyStart: Int32Array;
  readonly keyLength: Int32Array;
  readonly valueStart: Int32Array;
  readonly valueLength: Int32Array;
  /** Milliseconds since the epoch. */
  readonly timestamp: Float64Array;
  /** Offset in the partition; for records not yet published their running number. */
  readonly offset: Float64Array;
  /** Headers as in RecordBatch v2: varint count, then (varint key length, key, varint value length, value) each. Length 0: no headers. */
  readonly headersStart: Int32Array;
  readonly headersLength: Int32Array;
}

/** One record taken out of its columns, for rejects and display. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
  readonly timestamp: number;
  readonly offset: number;
}

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

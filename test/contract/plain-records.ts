import { type CommitRecord, type Home, type RecordColumns, RecordWriter } from '../../connectors/index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Records with the given values, keys and timestamps 1000, 1001, ... */
export function recordsOf(values: readonly (string | null)[], keys?: readonly (string | null)[], headers?: Uint8Array): RecordColumns {
  const writer = new RecordWriter();
  values.forEach((value, index) => {
    const key = keys?.[index] ?? null;
    writer.value(value === null ? null : encoder.encode(value));
    writer.endRecord({ key: key === null ? null : encoder.encode(key), timestamp: 1000 + index, headers });
  });
  return writer.finish();
}

/** Values of records as strings. */
export function valuesOf(records: RecordColumns): (string | null)[] {
  return textOf(records, records.valueStart, records.valueLength);
}

/** Keys of records as strings. */
export function keysOf(records: RecordColumns): (string | null)[] {
  return textOf(records, records.keyStart, records.keyLength);
}

function textOf(records: RecordColumns, starts: Int32Array, lengths: Int32Array): (string | null)[] {
  return Array.from({ length: records.count }, (_, index) => {
    const start = starts[index] as number;
    const length = lengths[index] as number;
    return length < 0 ? null : decoder.decode(records.bytes.subarray(start, start + length));
  });
}

/** Everything in a partition, read to its end. */
export async function readAll(home: Home, topic: string, partition = 0, maxBytes = 1_000_000): Promise<(string | null)[]> {
  const values: (string | null)[] = [];
  for (let offset = 0; ; ) {
    const records = await home.topics.read(topic, partition, offset, maxBytes);
    if (records.count === 0) return values;
    values.push(...valuesOf(records));
    offset = (records.offset[records.count - 1] as number) + 1;
  }
}

/** A commit record of an epoch, with what tests care about. */
export function commitRecord(task: string, epoch: number, fields: Partial<CommitRecord> = {}): CommitRecord {
  return {
    version: 1,
    task,
    epoch,
    positions: { readings: { readings: epoch * 10 } },
    nextOrdinal: epoch * 10,
    digest: { learn: 'd'.repeat(64) },
    snapshotEpoch: 0,
    journal: [{ ordinal: 3, kind: 'idle', value: { input: 'readings' } }],
    ended: false,
    committedAt: 1_700_000_000_000 + epoch,
    summary: { rows: epoch },
    ...fields,
  };
}

import { MillraceError } from '../../streams/index.ts';
import { type CommitRecord, type RawRecord, type RecordColumns, type RecordHeader, RecordWriter } from '../contract/index.ts';
import { encodeHeaders, rawRecordAt } from '../records/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { EARLIEST, offsetAt, readRange } from './partition-reader.ts';
import type { SnapshotPointer } from './snapshot-records.ts';
import type { TaskStarts } from './start-offsets.ts';

/** A commit record as it lies in its topic: key is the task, value the record as JSON; headers tell where the snapshot is and where reading began. */
export interface StoredCommit {
  readonly record: CommitRecord;
  readonly snapshot: SnapshotPointer | undefined;
  readonly starts: TaskStarts;
}

const SNAPSHOT_HEADER = 'millrace.snapshot';
const STARTS_HEADER = 'millrace.starts';
/** Records to look at first from the end: the newest is mostly the last but one, before its marker. */
const FIRST_LOOK = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The record to append; no commit stands for a task that was forgotten. */
export function commitToRecords(task: string, timestamp: number, commit: StoredCommit | undefined): RecordColumns {
  const writer = new RecordWriter();
  writer.value(commit === undefined ? null : encoder.encode(JSON.stringify(commit.record)));
  const headers = commit === undefined ? [] : [jsonHeader(STARTS_HEADER, commit.starts)];
  if (commit?.snapshot !== undefined) headers.push(jsonHeader(SNAPSHOT_HEADER, commit.snapshot));
  writer.endRecord({ key: encoder.encode(task), timestamp, headers: encodeHeaders(headers) });
  return writer.finish();
}

const jsonHeader = (key: string, value: object): RecordHeader => ({ key, value: encoder.encode(JSON.stringify(value)) });

/** A header's JSON, or undefined. */
function headerValue<Value>(raw: RawRecord, name: string): Value | undefined {
  const value = raw.headers.find(({ key }) => key === name)?.value ?? undefined;
  return value === undefined ? undefined : (JSON.parse(decoder.decode(value)) as Value);
}

/** Where to look for a commit record: below `end`, of one task or of any. */
interface CommitSearch {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  readonly task: string | undefined;
}

/** The newest commit record of a partition. Looks further and further back, since aborted transactions may lie at the end. */
export async function newestCommit(client: ClusterClient, search: CommitSearch): Promise<StoredCommit | undefined> {
  const { topic, partition, end } = search;
  const start = await offsetAt(client, topic, partition, EARLIEST);
  let to = end;
  for (let look = FIRST_LOOK; to > start; look *= 8) {
    const from = Math.max(start, to - look);
    let newest: RawRecord | undefined;
    for await (const { records } of readRange(client, topic, partition, from, to)) newest = lastMatch(records, to, search.task) ?? newest;
    if (newest !== undefined) return parseCommit(newest, topic, partition);
    to = from;
  }
  return undefined;
}

function lastMatch(records: RecordColumns, end: number, task: string | undefined): RawRecord | undefined {
  for (let record = records.count - 1; record >= 0; record--) {
    if ((records.offset[record] as number) >= end) continue;
    const raw = rawRecordAt(records, record);
    if (task === undefined || (raw.key !== null && decoder.decode(raw.key) === task)) return raw;
  }
  return undefined;
}

function parseCommit(raw: RawRecord, topic: string, partition: number): StoredCommit | undefined {
  if (raw.value === null) return undefined;
  try {
    return {
      record: JSON.parse(decoder.decode(raw.value)) as CommitRecord,
      snapshot: headerValue<SnapshotPointer>(raw, SNAPSHOT_HEADER),
      starts: headerValue<TaskStarts>(raw, STARTS_HEADER) ?? {},
    };
  } catch (cause) {
    throw new MillraceError('STORE_DAMAGED', 'the newest commit record is no JSON', {
      cause,
      origin: { source: topic, partition, offset: raw.offset },
      hint: 'another program wrote to this topic',
    });
  }
}

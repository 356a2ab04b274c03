import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  type CommitRecord,
  type Home,
  type JournalEntry,
  type RecordColumns,
  RecordWriter,
  type StreamPoint,
} from '../connectors/index.ts';

/** The end of an epoch with a snapshot; epoch 0: the beginning. */
export interface SnapshotPoint {
  readonly epoch: number;
  readonly nextOrdinal: number;
}

/** What happened between two snapshots of a task, kept when the second one replaces the first. */
export interface JournalSpan {
  readonly task: string;
  readonly from: SnapshotPoint;
  readonly to: SnapshotPoint & StreamPoint;
  /** SHA-256 of the state of each step at `to`; empty when the guarantee is at-least-once. */
  readonly digest: CommitRecord['digest'];
  /** Decisions of the wall clock between the two. */
  readonly entries: readonly JournalEntry[];
}

/** Where a pipeline keeps the spans of all its tasks: in one partition, by task. */
export const journalTopic = (pipeline: string) => `${pipeline}.journal`;

/** What a journal is limited to unless told otherwise: some hundred thousand snapshots without decisions. */
export const JOURNAL_TOPIC_BYTES = 256 * 1024 * 1024;

/** Brokers take records of a megabyte unless told otherwise. */
const CHUNK_BYTES = 512 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

/** The first record of a span; `bytes` of its entries, deflated, follow in records of the same key. */
interface SpanHead extends Omit<JournalSpan, 'task' | 'entries'> {
  readonly version: 1;
  readonly bytes: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A span as records, to be published with the snapshot at its end. */
export function spanRecords({ task, from, to, digest, entries }: JournalSpan, timestamp: number): RecordColumns {
  const body = entries.length === 0 ? new Uint8Array(0) : deflateRawSync(JSON.stringify(entries));
  const head: SpanHead = { version: 1, from, to, digest, bytes: body.length };
  const writer = new RecordWriter();
  const key = encoder.encode(task);
  writer.value(encoder.encode(JSON.stringify(head)));
  writer.endRecord({ key, timestamp });
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    writer.value(body.subarray(at, at + CHUNK_BYTES));
    writer.endRecord({ key, timestamp });
  }
  return writer.finish();
}

/** All spans of a task that are kept, in the order in which they were written; none where the pipeline never kept any. */
export async function readSpans(home: Pick<Home, 'topics'>, pipeline: string, task: string): Promise<readonly JournalSpan[]> {
  const topic = journalTopic(pipeline);
  if (!(await home.topics.names()).includes(topic)) return [];
  const [info] = await home.topics.list(topic);
  const spans: JournalSpan[] = [];
  let open: OpenSpan | undefined;
  for (let offset = info?.start ?? 0; info !== undefined && offset < info.end; ) {
    const records = await home.topics.read(topic, 0, offset, READ_BYTES);
    if (records.count === 0) break;
    for (let index = 0; index < records.count; index++) {
      if (decoder.decode(partOf(records, index, 'key')) !== task) continue;
      open = openedSpan(open, partOf(records, index, 'value'));
      if (open === undefined || open.missing > 0) continue;
      spans.push(spanOf(task, open));
      open = undefined;
    }
    offset = (records.offset[records.count - 1] as number) + 1;
  }
  return spans;
}

interface OpenSpan {
  readonly head: SpanHead;
  readonly parts: readonly Uint8Array[];
  readonly missing: number;
}

/** Undefined for the rest of a span whose beginning was deleted. */
function openedSpan(open: OpenSpan | undefined, value: Uint8Array): OpenSpan | undefined {
  if (open !== undefined) return { head: open.head, parts: [...open.parts, value.slice()], missing: open.missing - value.length };
  const head = headOf(value);
  return head && { head, parts: [], missing: head.bytes };
}

function headOf(value: Uint8Array): SpanHead | undefined {
  try {
    return JSON.parse(decoder.decode(value)) as SpanHead;
  } catch {
    return undefined;
  }
}

function spanOf(task: string, { head: { from, to, digest, bytes }, parts }: OpenSpan): JournalSpan {
  const entries = bytes === 0 ? [] : (JSON.parse(decoder.decode(inflateRawSync(Buffer.concat(parts)))) as JournalEntry[]);
  return { task, from, to, digest, entries };
}

function partOf(records: RecordColumns, index: number, part: 'key' | 'value'): Uint8Array {
  const start = records[`${part}Start`][index] as number;
  return records.bytes.subarray(start, start + Math.max(0, records[`${part}Length`][index] as number));
}

/** The newest spans that lead to a snapshot without a gap, oldest first: a run that was put back to a savepoint has others beside them. */
export function spansTo(spans: readonly JournalSpan[], end: SnapshotPoint): readonly JournalSpan[] {
  const chain: JournalSpan[] = [];
  let next = end;
  for (const span of spans.toReversed()) {
    if (!samePoint(span.to, next)) continue;
    chain.push(span);
    next = span.from;
  }
  return chain.reverse();
}

export const samePoint = (a: SnapshotPoint, b: SnapshotPoint) => a.epoch === b.epoch && a.nextOrdinal === b.nextOrdinal;

import { type CommitRecord, encodeHeaders, type Home, type OutputRecords, RecordWriter } from '../connectors/index.ts';
import type { Clock } from '../streams/index.ts';
import { type RejectedRecordInfo, readRejected } from './rejected-records.ts';
import { taskName } from './task.ts';

/** What a re-injection did. */
export interface Reinjection {
  /** Records put back where they came from. */
  readonly reinjected: number;
  /** Records that cannot be put back: only their head was kept, or no topic is known. */
  readonly left: number;
}

/**
 * Puts rejected records back into the topics and partitions that they came from, as they came, each exactly once: how far a rejects topic has been
 * put back is committed together with the records. What fails again is rejected again, as a new record.
 *
 * @throws MillraceError UNKNOWN_TOPIC when the rejects topic, or one that records came from, does not exist.
 */
export async function reinject(home: Home, topic: string, clock: Clock): Promise<Reinjection> {
  let total: Reinjection = { reinjected: 0, left: 0 };
  for (const { partition, start, end } of await home.topics.list(topic)) {
    const task = taskName(`reinject.${topic}`, partition);
    let record = await home.epochs.open(task);
    const from = Math.max(start, record?.positions.rejects?.[topic] ?? 0);
    for await (const { records, next } of readRejected(home, topic, partition, from, end)) {
      const back = records.filter(({ whole, origin }) => whole && origin.topic !== '');
      record = commitRecord(task, record, topic, next, clock.now());
      await home.epochs.commit({ record, outputs: outputsOf(back) });
      total = { reinjected: total.reinjected + back.length, left: total.left + records.length - back.length };
    }
    await home.epochs.release(task);
  }
  return total;
}

/** The records by topic and partition, in the order in which they were rejected. */
function outputsOf(records: readonly RejectedRecordInfo[]): readonly OutputRecords[] {
  const groups = Map.groupBy(records, ({ origin }) => `${origin.topic}/${origin.partition}`);
  return [...groups.values()].map((group) => {
    const writer = new RecordWriter();
    for (const { record } of group) {
      writer.value(record.value);
      writer.endRecord({ key: record.key, timestamp: record.timestamp, headers: encodeHeaders(record.headers) });
    }
    const { topic, partition } = (group[0] as RejectedRecordInfo).origin;
    return { topic, partition, records: writer.finish() };
  });
}

function commitRecord(task: string, before: CommitRecord | undefined, topic: string, next: number, now: number): CommitRecord {
  return {
    version: 1,
    task,
    epoch: (before?.epoch ?? 0) + 1,
    positions: { rejects: { [topic]: next } },
    nextOrdinal: next,
    digest: {},
    snapshotEpoch: 0,
    journal: [],
    ended: false,
    committedAt: now,
    summary: {},
  };
}

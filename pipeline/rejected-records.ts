import { type Home, type RawRecord, type RecordHeader, rawRecordAt } from '../connectors/index.ts';

const PREFIX = 'millrace.';
const READ_BYTES = 4 * 1024 * 1024;
const decoder = new TextDecoder();

/** A record of a rejects topic, with what its headers say. */
export interface RejectedRecordInfo {
  /** Where it lies in the rejects topic. */
  readonly partition: number;
  readonly offset: number;
  readonly step: string;
  readonly reason: string;
  /** Where it came from; an empty topic for a row whose record was no longer at hand. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number | undefined };
  /** False when only the head of a large record was kept. */
  readonly whole: boolean;
  /** Key, value and timestamp as they came, and the headers that the record had itself. */
  readonly record: Pick<RawRecord, 'key' | 'value' | 'timestamp'> & { readonly headers: readonly RecordHeader[] };
}

/** Reads what `pipeline/rejects.ts` wrote; undefined for a record without its headers, which is none of ours. */
export function rejectedRecord(raw: RawRecord, partition: number): RejectedRecordInfo | undefined {
  const told = new Map(
    raw.headers.filter(({ key }) => key.startsWith(PREFIX)).map(({ key, value }) => [key, decoder.decode(value ?? undefined)]),
  );
  const [step, reason, topic] = ['step', 'reason', 'topic'].map((name) => told.get(PREFIX + name));
  if (step === undefined || reason === undefined || topic === undefined) return undefined;
  const offset = told.get(`${PREFIX}offset`);
  return {
    partition,
    offset: raw.offset,
    step,
    reason,
    origin: { topic, partition: Number(told.get(`${PREFIX}partition`) ?? 0), offset: offset === undefined ? undefined : Number(offset) },
    whole: !told.has(`${PREFIX}sha256`),
    record: { key: raw.key, value: raw.value, timestamp: raw.timestamp, headers: raw.headers.filter(({ key }) => !key.startsWith(PREFIX)) },
  };
}

/** All records of one partition of a rejects topic from `from` on, block by block, with the offset behind each block. */
export async function* readRejected(
  home: Home,
  topic: string,
  partition: number,
  from: number,
  end: number,
): AsyncGenerator<{ readonly records: readonly RejectedRecordInfo[]; readonly next: number }> {
  for (let offset = from; offset < end; ) {
    const block = await home.topics.read(topic, partition, offset, READ_BYTES);
    if (block.count === 0) return;
    const records = Array.from({ length: block.count }, (_, index) => rejectedRecord(rawRecordAt(block, index), partition));
    offset = (block.offset[block.count - 1] as number) + 1;
    yield { records: records.filter((record) => record !== undefined), next: offset };
  }
}

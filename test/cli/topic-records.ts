import { decodeHeaders, type Home, openLog, type RecordColumns } from '../../connectors/index.ts';

/** A record as a test reads it. */
export interface TopicRecord {
  readonly key: string | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestamp: number;
}

const decoder = new TextDecoder();

function recordAt(records: RecordColumns, record: number): TopicRecord {
  const part = (name: 'key' | 'value' | 'headers') => {
    const start = records[`${name}Start`][record] as number;
    const length = records[`${name}Length`][record] as number;
    return length < 0 ? null : records.bytes.slice(start, start + length);
  };
  const key = part('key');
  const headers = decodeHeaders(part('headers') ?? new Uint8Array(0));
  return {
    key: key === null ? null : decoder.decode(key),
    value: part('value'),
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value === null ? '' : decoder.decode(value)])),
    timestamp: records.timestamp[record] as number,
  };
}

/** All records of partition 0 of a topic. */
export async function recordsIn(home: Home, topic: string): Promise<readonly TopicRecord[]> {
  const found: TopicRecord[] = [];
  for (let offset = 0; ; ) {
    const block = await home.topics.read(topic, 0, offset, 1_000_000);
    if (block.count === 0) return found;
    for (let record = 0; record < block.count; record++) found.push(recordAt(block, record));
    offset = (block.offset[block.count - 1] as number) + 1;
  }
}

/** Opens the embedded log of a folder beside whatever runs on it, and closes it afterwards. */
export async function withLog<R>(folder: string, work: (home: Home) => Promise<R>): Promise<R> {
  const home = openLog(folder, { exclusive: false });
  try {
    return await work(home);
  } finally {
    await home.close();
  }
}

import { MillraceError } from '../../streams/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { committedRuns, type FetchedBlock, type RecordRun, wholeBatches } from './committed-runs.ts';
import { kafkaError, rootError } from './kafka-error.ts';
import { type Broker, type FetchedPartition, READ_COMMITTED } from './kafkajs-types.ts';

/** An empty partition answers after this many milliseconds: long enough to spare the broker, short enough to stop quickly. */
const MAX_WAIT = 100;

/** Timestamps that ListOffsets takes for the ends of a partition. */
export const LATEST = -1;
export const EARLIEST = -2;

/**
 * Reads the committed bytes of one partition from an offset that the caller chose: no consumer group takes part, since positions live in commit records.
 */
export class PartitionReader {
  readonly topic: string;
  readonly partition: number;
  readonly #client: ClusterClient;
  #offset: number;
  /** Bytes asked for at a time; a larger batch comes whole all the same. */
  #maxBytes: number;
  #fetch: Promise<FetchedBlock | undefined> | undefined;
  /** Whether the last fetch brought nothing. */
  #empty = false;
  /** Whether it pays to wait for records at the end of the partition: else the first fetch there answers at once. */
  patient = true;

  constructor(client: ClusterClient, topic: string, partition: number, offset: number) {
    this.#client = client;
    this.topic = topic;
    this.partition = partition;
    this.#offset = offset;
    this.#maxBytes = client.settings.maxBytesPerFetch;
  }

  /** Bounds what is read ahead: one block is worked on while the next one is fetched. */
  set aheadBytes(bytes: number) {
    this.#maxBytes = Math.min(this.#client.settings.maxBytesPerFetch, Math.max(1, Math.floor(bytes / 2)));
  }

  /** Offset of the next fetch. */
  get offset(): number {
    return this.#offset;
  }

  /** The next block, or undefined when nothing came within {@link MAX_WAIT} ms. */
  async next(): Promise<FetchedBlock | undefined> {
    this.#fetch ??= this.#request();
    const fetch = this.#fetch;
    this.#fetch = undefined;
    return fetch;
  }

  /** Starts the next fetch, unless one is under way, while the caller works on the block before. */
  prefetch(): void {
    this.#fetch ??= this.#request();
    // It is awaited by the next call of next; until then its failure is no unhandled one.
    this.#fetch.catch(() => {});
  }

  /** Waits for a fetch under way, so that the connection can be closed in good order. */
  async settle(): Promise<void> {
    await this.#fetch?.catch(() => {});
  }

  async #request(): Promise<FetchedBlock | undefined> {
    const doing = `reading ${this.topic}/${this.partition} from offset ${this.#offset}`;
    try {
      const fetched = await this.#client.onLeader(doing, this.topic, this.partition, (broker) => this.#send(broker));
      const block = fetched === undefined ? undefined : this.#take(fetched);
      this.#empty = block === undefined;
      return block;
    } catch (thrown) {
      throw (await this.#outOfRange(thrown)) ?? kafkaError(thrown, 'SOURCE_FAILED', doing, this.#origin());
    }
  }

  async #send(broker: Broker): Promise<FetchedPartition | undefined> {
    const maxBytes = this.#maxBytes;
    const partition = { partition: this.partition, fetchOffset: this.#offset, maxBytes, currentLeaderEpoch: -1 };
    const { responses } = await broker.fetch({
      maxWaitTime: this.patient || this.#empty ? MAX_WAIT : 0,
      minBytes: 1,
      maxBytes,
      isolationLevel: READ_COMMITTED,
      topics: [{ topic: this.topic, partitions: [partition] }],
    });
    return responses[0]?.partitions[0];
  }

  #take(fetched: FetchedPartition): FetchedBlock | undefined {
    const bytes = fetched.messages;
    let next = this.#offset;
    for (const { header } of wholeBatches(bytes)) next = Math.max(next, header.lastOffset + 1);
    if (next === this.#offset) return undefined;
    const block: FetchedBlock = {
      bytes,
      from: this.#offset,
      next,
      stable: Number(fetched.lastStableOffset),
      aborted: (fetched.abortedTransactions ?? []).map(({ producerId, firstOffset }) => ({
        producerId: Number(producerId),
        firstOffset: Number(firstOffset),
      })),
    };
    this.#offset = next;
    return block;
  }

  /** Says why the offset does not exist: the records are gone, or the topic is another one. */
  async #outOfRange(thrown: unknown): Promise<MillraceError | undefined> {
    if (rootError(thrown).name !== 'KafkaJSOffsetOutOfRange') return undefined;
    const [start, end] = await Promise.all([EARLIEST, LATEST].map((at) => offsetAt(this.#client, this.topic, this.partition, at)));
    const place = `${this.topic}/${this.partition} keeps offsets ${start} to ${end}, but ${this.#offset} is next to be read`;
    const reason =
      this.#offset < (start as number) ? 'the records between were deleted before they were read' : 'the topic was emptied or made anew';
    return new MillraceError('SOURCE_FAILED', `${place}: ${reason}`, {
      origin: this.#origin(),
      cause: thrown,
      hint: "begin anew with --fresh, or raise the topic's retention",
    });
  }

  #origin() {
    return { source: this.topic, partition: this.partition, offset: this.#offset };
  }
}

/**
 * The offset of the first record at or after a time, or one of {@link EARLIEST}, {@link LATEST}; -1 when there is none. LATEST is where decided transactions end, unless the
 * isolation level asks for undecided ones too.
 */
export async function offsetAt(
  client: ClusterClient,
  topic: string,
  partition: number,
  timestamp: number,
  isolationLevel = READ_COMMITTED,
): Promise<number> {
  const { responses } = await client.onLeader(`reading the offsets of ${topic}/${partition}`, topic, partition, (broker) =>
    broker.listOffsets({ isolationLevel, topics: [{ topic, partitions: [{ partition, timestamp }] }] }),
  );
  return Number(responses[0]?.partitions[0]?.offset ?? -1);
}

/** The committed records of a partition from `from` (inclusive) to `to` (exclusive), block by block. */
export async function* readRange(
  client: ClusterClient,
  topic: string,
  partition: number,
  from: number,
  to: number,
): AsyncGenerator<RecordRun> {
  const reader = new PartitionReader(client, topic, partition, from);
  try {
    while (reader.offset < to) {
      const block = await reader.next();
      if (block === undefined) continue;
      for (const run of committedRuns(block)) if (run.records.count > 0 && (run.records.offset[0] as number) < to) yield run;
      if (block.next >= to) return;
    }
  } finally {
    await reader.settle();
  }
}

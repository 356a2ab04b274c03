import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../streams/index.ts';
import type { PartitionInfo, RecordColumns, TopicSettings, Topics } from '../contract/index.ts';
import { RecordColumnsBuilder, sliceRecords } from '../records/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import type { CommittedEnds } from './committed-ends.ts';
import { rootError } from './kafka-error.ts';
import type { TopicConfig } from './kafkajs-types.ts';
import { logDirSizes } from './log-dir-sizes.ts';
import { EARLIEST, LATEST, offsetAt, readRange } from './partition-reader.ts';
import { RecordProducer } from './record-producer.ts';

const REQUEST_TIMEOUT = 30_000;
/** Kafka's number for topics among the resources that have settings. */
const TOPIC_RESOURCE = 2;
/** Kafka's number for retention without end, in time and in bytes. */
const FOR_EVER = -1;

/** Settings that a topic is created with, by Kafka's names. */
export type TopicProperties = Readonly<Record<string, string>>;

/** Topics of a cluster, outside of any task. */
export class KafkaTopics implements Topics {
  readonly #client: ClusterClient;
  readonly #ends: CommittedEnds;
  #producer: Promise<RecordProducer> | undefined;
  /** The last append per partition: the next one waits for it, since batches of one producer are numbered. */
  readonly #appends = new Map<string, Promise<unknown>>();

  constructor(client: ClusterClient, ends: CommittedEnds) {
    this.#client = client;
    this.#ends = ends;
  }

  async ensure(topic: string, settings: TopicSettings): Promise<TopicSettings> {
    const { retentionMs = FOR_EVER, retentionBytes = FOR_EVER } = settings;
    const properties: Record<string, string> = { 'retention.ms': String(retentionMs), 'retention.bytes': String(retentionBytes) };
    if (settings.compacted === true) properties['cleanup.policy'] = 'compact';
    const created = await this.create(topic, settings.partitions, properties);
    return created ? settings : this.#settings(topic);
  }

  /** Creates a topic; false when there is one already. */
  async create(topic: string, partitions: number, properties: TopicProperties): Promise<boolean> {
    // First, since a user may use topics without being allowed to create them.
    if (await this.#client.knows(topic)) return false;
    const config: TopicConfig = {
      topic,
      numPartitions: partitions,
      replicationFactor: this.#client.settings.replicationFactor,
      replicaAssignment: [],
      configEntries: Object.entries(properties).map(([name, value]) => ({ name, value })),
    };
    const created = await this.#client.onController(`creating topic '${topic}'`, async (broker) => {
      try {
        await broker.createTopics({ topics: [config], timeout: REQUEST_TIMEOUT });
        return true;
      } catch (thrown) {
        if (rootError(thrown).type === 'TOPIC_ALREADY_EXISTS') return false;
        throw rootError(thrown);
      }
    });
    this.#client.forget(topic);
    await this.#known(topic);
    return created;
  }

  /** Waits until the brokers know a topic that was created: whoever is asked may be the last to hear of it. */
  async #known(topic: string): Promise<void> {
    const { patience } = this.#client.settings;
    for (const begun = performance.now(); !(await this.#client.knows(topic)); await sleep(5)) {
      if (performance.now() - begun < patience) continue;
      throw new MillraceError('UNAVAILABLE', `topic '${topic}' was created, but the brokers do not know it after ${patience} ms`, {
        retry: 'backoff',
      });
    }
  }

  /** Raises the number of a topic's partitions to at least `count`. */
  async grow(topic: string, count: number): Promise<void> {
    if ((await this.#client.partitions(topic)).size >= count) return;
    await this.#client.onController(`adding partitions to topic '${topic}'`, async (broker) => {
      try {
        await broker.createPartitions({ topicPartitions: [{ topic, count }], timeout: REQUEST_TIMEOUT });
      } catch (thrown) {
        // Another process was faster.
        if (rootError(thrown).type !== 'INVALID_PARTITIONS') throw rootError(thrown);
      }
    });
    while ((await this.#client.partitions(topic)).size < count) await sleep(5);
  }

  async #settings(topic: string): Promise<TopicSettings> {
    const partitions = (await this.#client.partitions(topic)).size;
    const names = ['retention.ms', 'retention.bytes', 'cleanup.policy'];
    const { resources } = await this.#client.onController(`reading the settings of topic '${topic}'`, (broker) =>
      broker.describeConfigs({ resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: names }] }),
    );
    const values = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    const compacted = values.get('cleanup.policy')?.includes('compact') === true;
    const [retentionMs, retentionBytes] = ['retention.ms', 'retention.bytes'].map((name) => Number(values.get(name)));
    return {
      partitions,
      compacted,
      ...(retentionMs === FOR_EVER ? {} : { retentionMs }),
      ...(retentionBytes === FOR_EVER ? {} : { retentionBytes }),
    };
  }

  async remove(topic: string): Promise<void> {
    const removed = await this.#client.onController(`deleting topic '${topic}'`, async (broker) => {
      try {
        await broker.deleteTopics({ topics: [topic], timeout: REQUEST_TIMEOUT });
        return true;
      } catch (thrown) {
        if (rootError(thrown).type === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
        throw rootError(thrown);
      }
    });
    this.#client.forget(topic);
    this.#ends.forget(topic);
    while (removed && (await this.names()).includes(topic)) await sleep(5);
  }

  /** Names of all topics but Kafka's own. */
  async names(): Promise<readonly string[]> {
    const { topicMetadata } = await this.#client.onAny('listing topics', (broker) => broker.metadata([]));
    return topicMetadata
      .map(({ topic }) => topic)
      .filter((topic) => !topic.startsWith('__'))
      .toSorted();
  }

  async list(topic?: string): Promise<readonly PartitionInfo[]> {
    const topics = topic === undefined ? await this.names() : [topic];
    const infos = await Promise.all(topics.map((name) => this.#listTopic(name)));
    return infos.flat();
  }

  async #listTopic(topic: string): Promise<readonly PartitionInfo[]> {
    const leaders = await this.#client.partitions(topic);
    const sizes = await this.#sizes(topic, leaders);
    const partitions = [...leaders.keys()].toSorted((one, other) => one - other);
    return Promise.all(
      partitions.map(async (partition) => {
        const [start, end] = await Promise.all([
          offsetAt(this.#client, topic, partition, EARLIEST),
          this.#ends.stableEnd(this.#client, topic, partition),
        ]);
        return { topic, partition, start, end, bytes: sizes.get(partition) };
      }),
    );
  }

  /** Bytes on the leaders' disks. It is only shown: brokers that do not tell, or not to everybody, are no error. */
  async #sizes(topic: string, leaders: ReadonlyMap<number, number>): Promise<ReadonlyMap<number, number>> {
    const byLeader = Map.groupBy(leaders.keys(), (partition) => leaders.get(partition) as number);
    const parts = await Promise.all(
      [...byLeader.values()].map((partitions) =>
        this.#client
          .onLeader(`reading the size of topic '${topic}'`, topic, partitions[0] as number, (broker) =>
            logDirSizes(broker, topic, partitions),
          )
          .catch(() => new Map<number, number>()),
      ),
    );
    return new Map(parts.flatMap((part) => [...part]));
  }

  async read(topic: string, partition: number, offset: number, maxBytes: number): Promise<RecordColumns> {
    const [start, end] = await Promise.all([
      offsetAt(this.#client, topic, partition, EARLIEST),
      this.#ends.stableEnd(this.#client, topic, partition),
    ]);
    const from = Math.max(start, offset);
    if (from < end) {
      for await (const { records } of readRange(this.#client, topic, partition, from, end)) return withinBytes(records, maxBytes);
    }
    return new RecordColumnsBuilder().finish(new Uint8Array(0));
  }

  async append(topic: string, partition: number, records: RecordColumns): Promise<void> {
    if (records.count > 0) await this.put(topic, partition, records);
  }

  /** Appends records; resolves to the offset behind the last one. */
  async put(topic: string, partition: number, records: RecordColumns): Promise<number> {
    const name = `${topic}/${partition}`;
    const put = (this.#appends.get(name) ?? Promise.resolve()).catch(() => {}).then(() => this.#put(topic, partition, records));
    this.#appends.set(name, put);
    const end = await put;
    // Records that the broker took at a second try: it does not tell where they are.
    return Number.isNaN(end) ? this.end(topic, partition) : end;
  }

  async #put(topic: string, partition: number, records: RecordColumns): Promise<number> {
    this.#producer ??= this.#makeProducer();
    try {
      const [end] = await (await this.#producer).publish([{ topic, partition, records }]);
      return end as number;
    } catch (thrown) {
      // Its numbers may no longer be those that the broker expects.
      this.#producer = undefined;
      throw thrown;
    }
  }

  async #makeProducer(): Promise<RecordProducer> {
    const identity = await this.#client.onAny('asking for a producer id', (broker) =>
      broker.initProducerId({ transactionTimeout: this.#client.settings.transactionTimeout }),
    );
    return new RecordProducer(this.#client, { producerId: identity.producerId, producerEpoch: identity.producerEpoch });
  }

  /** Deletes the records of a partition below an offset; LATEST for all. */
  async deleteBefore(topic: string, partition: number, offset: number): Promise<void> {
    await this.#client.onLeader(`deleting old records of ${topic}/${partition}`, topic, partition, (broker) =>
      broker.deleteRecords({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] }),
    );
  }

  /** Reads the end of a partition. */
  end(topic: string, partition: number): Promise<number> {
    return offsetAt(this.#client, topic, partition, LATEST);
  }
}

function withinBytes(records: RecordColumns, maxBytes: number): RecordColumns {
  let bytes = 0;
  let to = 0;
  while (to < records.count) {
    bytes +=
      Math.max(records.valueLength[to] as number, 0) + Math.max(records.keyLength[to] as number, 0) + (records.headersLength[to] as number);
    if (bytes > maxBytes && to > 0) break;
    to++;
  }
  return sliceRecords(records, 0, to);
}

import type { OutputRecords, RecordColumns } from '../contract/index.ts';
import { encodeRecordBatch } from '../records/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { rootError } from './kafka-error.ts';

/** Who a producer is to the broker; numbers of batches go with it, so that a batch sent twice is stored once. */
export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly transactionalId?: string;
}

/** Below the default max.message.bytes of a topic (1,048,588), with room for the framing of records. */
const BATCH_BYTES = 900_000;
/** Per record, beyond key, value and headers: lengths, deltas, attributes. */
const RECORD_OVERHEAD = 24;

/** Publishes records under one identity, in order and each once. Kafka: KIP-98, idempotent producer. */
export class RecordProducer {
  readonly #client: ClusterClient;
  readonly #identity: ProducerIdentity;
  readonly #sequences = new Map<string, number>();

  constructor(client: ClusterClient, identity: ProducerIdentity) {
    this.#client = client;
    this.#identity = identity;
  }

  /** Publishes to several partitions at a time, outputs of one partition one after another; returns per output the offset behind its last record. */
  async publish(outputs: readonly OutputRecords[]): Promise<readonly number[]> {
    const last = new Map<string, Promise<number>>();
    const ends = outputs.map((output) => {
      const partition = `${output.topic}/${output.partition}`;
      const before = last.get(partition) ?? Promise.resolve(0);
      const end = before.then(() => this.#publishPartition(output));
      last.set(partition, end);
      return end;
    });
    return Promise.all(ends);
  }

  async #publishPartition({ topic, partition, records }: OutputRecords): Promise<number> {
    let end = 0;
    for (const { from, to } of batchRanges(records)) end = await this.#publishBatch(topic, partition, records, from, to);
    return end;
  }

  async #publishBatch(topic: string, partition: number, records: RecordColumns, from: number, to: number): Promise<number> {
    const name = `${topic}/${partition}`;
    const baseSequence = this.#sequences.get(name) ?? 0;
    const { producerId, producerEpoch, transactionalId } = this.#identity;
    const recordBatch = encodeRecordBatch(records, {
      from,
      to,
      compression: this.#client.settings.compression,
      producerId: BigInt(producerId),
      producerEpoch,
      baseSequence,
      transactional: transactionalId !== undefined,
    });
    const baseOffset = await this.#send(topic, partition, recordBatch);
    // Sequences are 31 bits and go round.
    this.#sequences.set(name, (baseSequence + (to - from)) % 2_147_483_648);
    return baseOffset + (to - from);
  }

  async #send(topic: string, partition: number, recordBatch: Uint8Array): Promise<number> {
    const { transactionalId } = this.#identity;
    const doing = `publishing to ${topic}/${partition}`;
    return this.#client.onLeader(doing, topic, partition, async (broker) => {
      try {
        const { topics } = await broker.produce({
          transactionalId,
          acks: -1,
          timeout: this.#client.settings.requestTimeout,
          topicData: [{ topic, partitions: [{ partition, recordBatch }] }],
        });
        return Number(topics[0]?.partitions[0]?.baseOffset);
      } catch (thrown) {
        // The first try arrived, its answer did not: the records are there, at an offset that is not told again.
        if (rootError(thrown).type === 'DUPLICATE_SEQUENCE_NUMBER') return Number.NaN;
        throw thrown;
      }
    });
  }
}

/** Cuts records into batches below the broker's limit; a record beyond it stands alone, and the broker decides. */
export function* batchRanges(records: RecordColumns): Generator<{ readonly from: number; readonly to: number }> {
  let from = 0;
  let bytes = 0;
  for (let record = 0; record < records.count; record++) {
    const size =
      RECORD_OVERHEAD +
      Math.max(records.keyLength[record] as number, 0) +
      Math.max(records.valueLength[record] as number, 0) +
      (records.headersLength[record] as number);
    if (bytes + size > BATCH_BYTES && record > from) {
      yield { from, to: record };
      from = record;
      bytes = 0;
    }
    bytes += size;
  }
  if (records.count > from) yield { from, to: records.count };
}

import type { OutputRecords, RecordColumns } from '../contract/index.ts';
import { encodeRecordBatch } from '../records/index.ts';
import { allSettled } from './all-settled.ts';
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

/** Batches of a partition that are under way at once; brokers keep the order of up to five. */
const WINDOW = 4;

/** Publishes records under one identity, in order and each once. Kafka: KIP-98, idempotent producer. */
export class RecordProducer {
  readonly #client: ClusterClient;
  readonly #identity: ProducerIdentity;
  readonly #sequences = new Map<string, number>();

  constructor(client: ClusterClient, identity: ProducerIdentity) {
    this.#client = client;
    this.#identity = identity;
  }

  /** Publishes to several partitions at a time, outputs of one partition in their order; returns per output the offset behind its last record. */
  async publish(outputs: readonly OutputRecords[]): Promise<readonly number[]> {
    const ends = new Map<OutputRecords, number>();
    const partitions = Map.groupBy(outputs, ({ topic, partition }) => `${topic}/${partition}`);
    await allSettled([...partitions.values()].map((group) => this.#publishPartition(group, ends)));
    return outputs.map((output) => ends.get(output) ?? 0);
  }

  /** While one batch is on its way, the next is encoded. */
  async #publishPartition(outputs: readonly OutputRecords[], ends: Map<OutputRecords, number>): Promise<void> {
    const sent: Promise<void>[] = [];
    const first = outputs[0] !== undefined && !this.#sequences.has(`${outputs[0].topic}/${outputs[0].partition}`);
    for (const output of outputs) {
      const { topic, partition, records } = output;
      for (const { from, to } of batchRanges(records)) {
        // A broker that knows nothing of this producer takes whatever number comes first, so the first batch goes alone.
        const window = first && sent.length === 1 ? 1 : WINDOW;
        if (sent.length >= window && !(await succeeded(sent.at(-window) as Promise<void>))) break;
        const recordBatch = this.#encode(`${topic}/${partition}`, records, from, to);
        const sending = this.#send(topic, partition, recordBatch, sent.length > 0).then((baseOffset) => {
          // Answers to batches that were sent again may come in another order.
          ends.set(output, Math.max(baseOffset + (to - from), ends.get(output) ?? 0));
        });
        // Awaited below; until then its failure is no unhandled one.
        sending.catch(() => {});
        sent.push(sending);
      }
    }
    await allSettled(sent);
  }

  #encode(name: string, records: RecordColumns, from: number, to: number): Uint8Array {
    const baseSequence = this.#sequences.get(name) ?? 0;
    const { producerId, producerEpoch, transactionalId } = this.#identity;
    // Sequences are 31 bits and go round.
    this.#sequences.set(name, (baseSequence + (to - from)) % 2_147_483_648);
    return encodeRecordBatch(records, {
      from,
      to,
      compression: this.#client.settings.compression,
      producerId: BigInt(producerId),
      producerEpoch,
      baseSequence,
      transactional: transactionalId !== undefined,
    });
  }

  async #send(topic: string, partition: number, recordBatch: Uint8Array, behindOthers: boolean): Promise<number> {
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
        const { type } = rootError(thrown);
        // The first try arrived, its answer did not: the records are there, at an offset that is not told again.
        if (type === 'DUPLICATE_SEQUENCE_NUMBER') return Number.NaN;
        // The batch before was held up and is being sent again; this one follows it.
        if (type === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && behindOthers) throw Object.assign(rootError(thrown), { retriable: true });
        throw thrown;
      }
    });
  }
}

const succeeded = (sending: Promise<void>): Promise<boolean> =>
  sending.then(
    () => true,
    () => false,
  );

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

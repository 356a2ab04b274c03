import { type ErrorCode, MillraceError } from '../../streams/index.ts';
import type { OutputRecords } from '../contract/index.ts';
import { allSettled } from './all-settled.ts';
import type { ClusterClient } from './cluster-client.ts';
import { type ProducerIdentity, RecordProducer } from './record-producer.ts';

/** Errors after which an abort would not arrive. */
const DEAF: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'TIMEOUT', 'FENCED']);

/** Offsets of a consumer group that are committed with a transaction. */
export interface GroupOffsets {
  readonly group: string;
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
}

/**
 * The owner of one transactional id. Taking it over fences whoever held it: their open transaction is aborted, and their next request fails with FENCED.
 * Source: Kafka's KIP-98. After an error the owner is of no use: take the id over anew and read what was committed.
 */
export class TransactionOwner {
  readonly #client: ClusterClient;
  readonly #identity: Required<ProducerIdentity>;
  readonly #producer: RecordProducer;

  private constructor(client: ClusterClient, identity: Required<ProducerIdentity>) {
    this.#client = client;
    this.#identity = identity;
    this.#producer = new RecordProducer(client, identity);
  }

  /** Unlike any other owner's: producer id and epoch. */
  get name(): string {
    return `${this.#identity.producerId}-${this.#identity.producerEpoch}`;
  }

  static async takeOver(client: ClusterClient, transactionalId: string): Promise<TransactionOwner> {
    const { producerId, producerEpoch } = await client.onCoordinator(
      `taking over '${transactionalId}'`,
      'transaction',
      transactionalId,
      (broker) => broker.initProducerId({ transactionalId, transactionTimeout: client.settings.transactionTimeout }),
    );
    return new TransactionOwner(client, { transactionalId, producerId, producerEpoch });
  }

  /** Publishes outputs and offsets at once or not at all; returns per output the offset behind its last record. */
  async commit(outputs: readonly OutputRecords[], offsets: readonly GroupOffsets[]): Promise<readonly number[]> {
    for (const { topic, partition } of outputs) await this.#client.assertPartition(topic, partition);
    try {
      await this.#addPartitions(outputs);
      const [ends] = await allSettled([this.#producer.publish(outputs), this.#commitOffsets(offsets)]);
      await this.#end(true);
      return ends;
    } catch (thrown) {
      // So that readers need not wait for the transaction's timeout; taking the id over does it too. A broker that is away, or a newer owner, would not listen.
      if (!(thrown instanceof MillraceError) || !DEAF.has(thrown.code)) await this.#end(false).catch(() => {});
      throw thrown;
    }
  }

  #ask<R>(doing: string, request: Parameters<ClusterClient['onCoordinator']>[3]): Promise<R> {
    return this.#client.onCoordinator(doing, 'transaction', this.#identity.transactionalId, request) as Promise<R>;
  }

  async #addPartitions(outputs: readonly OutputRecords[]): Promise<void> {
    const partitions = new Map<string, Set<number>>();
    for (const { topic, partition } of outputs) {
      const known = partitions.get(topic) ?? new Set();
      partitions.set(topic, known.add(partition));
    }
    const topics = [...partitions].map(([topic, ids]) => ({ topic, partitions: [...ids] }));
    await this.#ask('beginning a transaction', (broker) => broker.addPartitionsToTxn({ ...this.#identity, topics }));
  }

  async #commitOffsets(all: readonly GroupOffsets[]): Promise<void> {
    for (const { group, offsets } of all) {
      const scope = { ...this.#identity, groupId: group };
      await this.#ask(`adding group '${group}' to a transaction`, (broker) => broker.addOffsetsToTxn(scope));
      const topics = offsets.map(({ topic, partition, offset }) => ({ topic, partitions: [{ partition, offset: String(offset) }] }));
      await this.#client.onCoordinator(`committing the offsets of group '${group}'`, 'group', group, (broker) =>
        broker.txnOffsetCommit({ ...scope, topics }),
      );
    }
  }

  async #end(commit: boolean): Promise<void> {
    const doing = commit ? 'committing a transaction' : 'aborting a transaction';
    await this.#ask(doing, (broker) => broker.endTxn({ ...this.#identity, transactionResult: commit }));
  }
}

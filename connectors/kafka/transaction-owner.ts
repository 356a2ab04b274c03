import { type ErrorCode, MillraceError } from '../../streams/index.ts';
import type { OutputRecords } from '../contract/index.ts';
import { allSettled } from './all-settled.ts';
import type { ClusterClient } from './cluster-client.ts';
import { type ProducerIdentity, RecordProducer } from './record-producer.ts';

/** Errors after which an abort would not arrive. */
const DEAF: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'TIMEOUT', 'FENCED']);

/** Commits that follow one another within this time, ms, find the next transaction begun. */
const FREQUENT = 250;
/** A transaction begun ahead is ended when no commit follows within this time, ms: a broker fences the owner of one that stays open too long. */
const UNUSED = 1000;

/** A transaction is given up so long before its timeout, ms: at it, the broker would abort it and fence its owner. Timeouts that leave no room for that are the broker's affair. */
const MARGIN = 10_000;

/** Offsets of a consumer group that are committed with a transaction. */
export interface GroupOffsets {
  readonly group: string;
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
}

/** The offset behind the last record that a transaction published to a partition; NaN where the broker did not tell. */
export interface PublishedEnd {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
}

/**
 * The owner of one transactional id. Taking it over fences whoever held it: their open transaction is aborted, and their next request fails with FENCED.
 * Source: Kafka's KIP-98. After an error the owner is of no use: take the id over anew and read what was committed.
 */
export class TransactionOwner {
  readonly #client: ClusterClient;
  readonly #identity: Required<ProducerIdentity>;
  readonly #producer: RecordProducer;
  /** Partitions of the open transaction, and the offset behind the last record sent to each. */
  readonly #open = new Map<OutputRecords['topic'], Map<number, number>>();
  /** Wall time at which the open transaction began, ms: it passes while the process is stopped or the machine asleep. */
  #begun = 0;
  #committedAt = Number.NEGATIVE_INFINITY;
  #ahead: Promise<void> = Promise.resolve();
  #unused: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #working = false;
  #expired = false;

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

  /** Sends outputs in the open transaction, which begins with the first: readers see them once it is committed. */
  async publish(outputs: readonly OutputRecords[]): Promise<void> {
    await this.#ready();
    await this.#orAbort(() => this.#send(outputs, []));
  }

  /** Publishes outputs, those sent before among them, and offsets at once or not at all; returns per partition the offset behind its last record. */
  async commit(outputs: readonly OutputRecords[], offsets: readonly GroupOffsets[]): Promise<readonly PublishedEnd[]> {
    await this.#ready();
    await this.#orAbort(async () => {
      await this.#send(outputs, offsets);
      await this.#end(true);
    });
    const ends = [...this.#open].flatMap(([topic, partitions]) => [...partitions].map(([partition, end]) => ({ topic, partition, end })));
    this.#closed();
    this.#beginAhead(outputs);
    return ends;
  }

  /**
   * Where commits follow closely on one another, the next transaction is begun at once, for the same partitions: the broker takes that only when the markers of the last one are written,
   * and the next commit would wait for them.
   */
  #beginAhead(outputs: readonly OutputRecords[]): void {
    const before = this.#committedAt;
    this.#committedAt = performance.now();
    if (this.#committedAt - before > FREQUENT) return;
    // What fails here fails again, and is told, when the transaction is used.
    this.#ahead = this.#addPartitions(outputs).catch(() => this.#closed());
    this.#unused = setTimeout(() => this.#giveUp(), Math.min(UNUSED, this.#client.settings.transactionTimeout / 4)).unref();
  }

  #giveUp(): void {
    this.#ahead = this.#ahead.then(() => this.#abortOpen()).catch(() => {});
  }

  /** Waits for what was begun ahead. */
  #ready(): Promise<void> {
    clearTimeout(this.#unused);
    return this.#ahead;
  }

  /** Ends an open transaction without a commit, so that readers need not wait for its timeout. */
  async abort(): Promise<void> {
    await this.#ready();
    await this.#abortOpen();
  }

  async #abortOpen(): Promise<void> {
    if (this.#open.size === 0) return;
    this.#closed();
    await this.#end(false);
  }

  #closed(): void {
    clearTimeout(this.#expiry);
    this.#open.clear();
  }

  /** The task has neither published nor committed for so long that the broker is about to lose its patience. A request under way is not disturbed. */
  #expire(): void {
    if (this.#working) return;
    this.#expired = true;
    this.#giveUp();
  }

  #checkExpired(): void {
    if (!this.#expired) return;
    throw new MillraceError('UNAVAILABLE', `the transaction was open for ${this.#longest} ms and was given up; its epoch is repeated`, {
      retry: 'backoff',
      hint: 'shorten epochTime, raise publishBytes so that less is sent ahead of commits, or raise transactionTimeout',
    });
  }

  get #longest(): number {
    return this.#client.settings.transactionTimeout - MARGIN;
  }

  async #send(outputs: readonly OutputRecords[], offsets: readonly GroupOffsets[]): Promise<void> {
    for (const { topic, partition } of outputs) await this.#client.assertPartition(topic, partition);
    await this.#addPartitions(outputs);
    const [ends] = await allSettled([this.#producer.publish(outputs), this.#commitOffsets(offsets)]);
    for (const [index, { topic, partition }] of outputs.entries()) this.#open.get(topic)?.set(partition, ends[index] as number);
  }

  async #orAbort(work: () => Promise<void>): Promise<void> {
    this.#checkExpired();
    this.#working = true;
    try {
      await work();
    } catch (thrown) {
      // Taking the id over does it too. A broker that is away, or a newer owner, would not listen.
      if (!(thrown instanceof MillraceError) || !DEAF.has(thrown.code)) await this.#abortOpen().catch(() => {});
      const begun = this.#open.size > 0 ? this.#begun : Date.now();
      this.#closed();
      throw this.#whyFenced(thrown, Date.now() - begun);
    } finally {
      this.#working = false;
    }
  }

  /** The broker gives the same answer to whoever was replaced, and to whoever left a transaction open for too long. */
  #whyFenced(thrown: unknown, open: number): unknown {
    const { transactionTimeout } = this.#client.settings;
    if (!(thrown instanceof MillraceError) || thrown.code !== 'FENCED' || open < transactionTimeout) return thrown;
    const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
    const reason = `the transaction had been open for ${seconds(open)}, and the broker ends it after ${seconds(transactionTimeout)} (transactionTimeout)`;
    return new MillraceError('FENCED', `${thrown.message}: ${reason}`, {
      hint: 'the process was held up (stopped, asleep, overloaded): start it again, and raise transactionTimeout if its epochs take so long; another process may have taken over meanwhile',
      cause: thrown,
    });
  }

  #ask<R>(doing: string, request: Parameters<ClusterClient['onCoordinator']>[3]): Promise<R> {
    return this.#client.onCoordinator(doing, 'transaction', this.#identity.transactionalId, request) as Promise<R>;
  }

  async #addPartitions(outputs: readonly OutputRecords[]): Promise<void> {
    const begins = this.#open.size === 0;
    const partitions = new Map<string, Set<number>>();
    if (begins) this.#begun = Date.now();
    for (const { topic, partition } of outputs) {
      const open = this.#open.get(topic) ?? new Map<number, number>();
      this.#open.set(topic, open);
      if (open.has(partition)) continue;
      open.set(partition, Number.NaN);
      partitions.set(topic, (partitions.get(topic) ?? new Set()).add(partition));
    }
    if (partitions.size === 0) return;
    if (begins && this.#longest > MARGIN) this.#expiry = setTimeout(() => this.#expire(), this.#longest).unref();
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

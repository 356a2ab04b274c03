import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MillraceError } from '../../streams/index.ts';
import { brokerSocket } from './broker-socket.ts';
import { isTransient, kafkaError, rootError } from './kafka-error.ts';
import type { KafkaSettings } from './kafka-options.ts';
import { type Broker, type Cluster, GROUP_COORDINATOR, TRANSACTION_COORDINATOR } from './kafkajs-types.ts';
import { loadKafkaJs } from './load-kafkajs.ts';
import { UNANSWERED } from './steady-connection.ts';

const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 500;
/** The markers of the transaction before are written within milliseconds. */
const LONGEST_MARKER_PAUSE = 2;
const UNKNOWN_TOPIC_PATIENCE = 1000;
/** For a port that has never answered: most probably it is no broker's. */
const SILENT_PATIENCE = 5000;

class SilentBroker extends Error {
  override readonly name = 'KafkaJSConnectionError';

  constructor(brokers: readonly string[]) {
    super(
      `${brokers.join(',')} takes connections, but does not answer: no Kafka broker, or one that expects another kind of connection (ssl, sasl)`,
    );
  }
}

/**
 * Sends requests to the right broker of a cluster: knows which leads a partition or coordinates a group, tries again while brokers are away or roles move, and turns what
 * then still fails into one MillraceError.
 */
export class ClusterClient {
  readonly settings: KafkaSettings;
  readonly #cluster: Cluster;
  readonly #leaders = new Map<string, ReadonlyMap<number, number>>();
  /** All open sockets: kafkajs gives one up without closing it now and then, which would keep the process alive. */
  readonly #sockets = new Set<Socket>();
  #connected: Promise<void> | undefined;
  /** Whether a broker has ever answered. */
  #reached = false;
  #closed = false;

  constructor(settings: KafkaSettings) {
    const { Cluster, createLogger } = loadKafkaJs();
    this.settings = settings;
    this.#cluster = new Cluster({
      brokers: settings.brokers,
      clientId: settings.clientId,
      ssl: settings.ssl === false ? undefined : settings.ssl,
      sasl: settings.sasl,
      logger: createLogger({ level: 0, logCreator: () => () => {} }),
      socketFactory: (target) => {
        const socket = brokerSocket(target);
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
        return socket;
      },
      connectionTimeout: 3000,
      authenticationTimeout: 10_000,
      requestTimeout: settings.requestTimeout,
      enforceRequestTimeout: true,
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      // The loop below is the only one that waits.
      retry: { retries: 1, initialRetryTime: 10, maxRetryTime: 100 },
    });
  }

  /** Sends a request to the leader of a partition. */
  onLeader<R>(doing: string, topic: string, partition: number, request: (broker: Broker) => Promise<R>): Promise<R> {
    return this.#persist(
      doing,
      async () => request(await this.#leaderOf(topic, partition)),
      () => this.#leaders.delete(topic),
    );
  }

  /** Sends a request to the controller. */
  onController<R>(doing: string, request: (broker: Broker) => Promise<R>): Promise<R> {
    return this.#persist(
      doing,
      async () => request(await this.#cluster.findControllerBroker()),
      () => this.#cluster.refreshMetadata(),
    );
  }

  /** Sends a request to any broker. */
  onAny<R>(doing: string, request: (broker: Broker) => Promise<R>): Promise<R> {
    return this.#persist(doing, async () => request(await this.#cluster.brokerPool.findConnectedBroker()));
  }

  /** Sends a request to the coordinator of a transactional id or a group. */
  onCoordinator<R>(doing: string, kind: 'transaction' | 'group', id: string, request: (broker: Broker) => Promise<R>): Promise<R> {
    const coordinatorType = kind === 'group' ? GROUP_COORDINATOR : TRANSACTION_COORDINATOR;
    return this.#persist(doing, async () => request(await this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType })));
  }

  /** Leaders by partition. UNKNOWN_TOPIC when the topic does not exist. */
  async partitions(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.#persist(`reading the metadata of topic '${topic}'`, () => this.#loadLeaders(topic));
  }

  /** Whether a topic exists, as the brokers say at this moment. */
  knows(topic: string): Promise<boolean> {
    return this.#persist(`looking for topic '${topic}'`, async () => {
      try {
        return (await this.#loadLeaders(topic)).size > 0;
      } catch (thrown) {
        if (rootError(thrown).type === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
        throw thrown;
      }
    });
  }

  /** Throws UNKNOWN_TOPIC unless the partition exists. */
  async assertPartition(topic: string, partition: number): Promise<void> {
    if (!(this.#leaders.get(topic) ?? (await this.partitions(topic))).has(partition)) throw this.#unknownPartition(topic, partition);
  }

  /** Forgets what it knows of a topic: call it after creating or deleting one. */
  forget(topic: string): void {
    this.#leaders.delete(topic);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#connected?.catch(() => {});
    await this.#cluster.disconnect();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #leaderOf(topic: string, partition: number): Promise<Broker> {
    const leader = (this.#leaders.get(topic) ?? (await this.#loadLeaders(topic))).get(partition);
    if (leader === undefined) throw this.#unknownPartition(topic, partition);
    if (leader < 0) throw Object.assign(new Error(`${topic}/${partition} has no leader at the moment`), { retriable: true });
    return this.#cluster.findBroker({ nodeId: String(leader) });
  }

  #unknownPartition(topic: string, partition: number): MillraceError {
    return new MillraceError(
      'UNKNOWN_TOPIC',
      `topic '${topic}' has no partition ${partition}; it has ${this.#leaders.get(topic)?.size ?? 0}`,
    );
  }

  async #loadLeaders(topic: string): Promise<ReadonlyMap<number, number>> {
    const broker = await this.#cluster.brokerPool.findConnectedBroker();
    const { topicMetadata } = await broker.metadata([topic]);
    const found = topicMetadata.find((metadata) => metadata.topic === topic);
    const leaders = new Map(found?.partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader]));
    this.#leaders.set(topic, leaders);
    return leaders;
  }

  /** Connects, sends, and tries again within the patience; `refresh` drops what may be stale before the next try. */
  async #persist<R>(doing: string, attempt: () => Promise<R>, refresh?: () => unknown): Promise<R> {
    const begun = performance.now();
    for (let pause = FIRST_PAUSE; ; pause *= 2) {
      try {
        await this.#connect();
        return await attempt();
      } catch (thrown) {
        const spent = performance.now() + Math.min(pause, LONGEST_PAUSE) - begun;
        if (!isTransient(thrown) || this.#closed || spent > this.#patienceFor(thrown))
          throw kafkaError(thrown, 'STORE_FAILED', `Kafka at ${this.settings.brokers.join(',')}, ${doing}`);
        await sleep(Math.min(pause, rootError(thrown).type === 'CONCURRENT_TRANSACTIONS' ? LONGEST_MARKER_PAUSE : LONGEST_PAUSE));
        await this.#refresh(thrown, refresh);
      }
    }
  }

  /** A topic that is unknown was perhaps made a moment ago; but most probably there is none. */
  #patienceFor(thrown: unknown): number {
    const { patience } = this.settings;
    if (thrown instanceof SilentBroker && !this.#reached) return Math.min(patience, SILENT_PATIENCE);
    return rootError(thrown).type === 'UNKNOWN_TOPIC_OR_PARTITION' ? Math.min(patience, UNKNOWN_TOPIC_PATIENCE) : patience;
  }

  async #refresh(thrown: unknown, refresh: (() => unknown) | undefined): Promise<void> {
    // The last transaction's markers are still being written: nothing is stale.
    if (rootError(thrown).type === 'CONCURRENT_TRANSACTIONS') return;
    this.#dropSilent(rootError(thrown));
    try {
      await refresh?.();
      await this.#cluster.refreshMetadata();
    } catch {
      // The next attempt fails with the same reason, and counts.
    }
  }

  /** A connection on which an answer did not come in time may lead nowhere: kafkajs would go on using it, until the operating system gives it up after a quarter of an hour. */
  #dropSilent(error: Error & { readonly broker?: string }): void {
    if (error.name !== 'KafkaJSRequestTimeoutError') return;
    const silent = [...this.#sockets].filter(({ remotePort }) => error.broker?.endsWith(`:${remotePort}`) !== false);
    // Without an error kafkajs would not notice.
    for (const socket of silent) socket.destroy(new Error('an answer did not come in time'));
  }

  async #connect(): Promise<void> {
    if (this.#closed) throw new MillraceError('UNAVAILABLE', 'the connection to Kafka was closed');
    this.#connected ??= this.#cluster.connect().then(() => this.#cluster.refreshMetadata());
    try {
      await this.#connected;
      this.#reached = true;
    } catch (thrown) {
      this.#connected = undefined;
      throw rootError(thrown).message.endsWith(UNANSWERED) ? new SilentBroker(this.settings.brokers) : thrown;
    }
  }
}

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
/**
 * The parts of kafkajs 2.2.4 that this folder calls, as they are after our replacements (load-kafkajs.ts). The version is pinned and the project is at rest, so
 * its inner modules do not move; its own type definitions do not cover them.
 */

/** A value of 64 bits as kafkajs takes it. */
export type Int64 = string;

export interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
  readonly partitionErrorCode: number;
}

export interface TopicMetadata {
  readonly topic: string;
  readonly partitionMetadata: readonly PartitionMetadata[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: Int64;
  readonly lastStableOffset: Int64;
  /** Called so by kafkajs; it is the offset of the oldest record kept. */
  readonly lastStartOffset: Int64;
  readonly abortedTransactions: readonly { readonly producerId: Int64; readonly firstOffset: Int64 }[];
  /** The bytes of the fetched batches, as our replacement returns them. */
  readonly messages: Uint8Array;
}

export interface ProducePartition {
  readonly partition: number;
  /** One whole RecordBatch, as our replacement sends it. */
  readonly recordBatch: Uint8Array;
}

export interface TopicConfig {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly replicaAssignment: readonly never[];
  readonly configEntries: readonly { readonly name: string; readonly value: string }[];
}

interface TransactionScope {
  readonly transactionalId: string;
  readonly producerId: Int64;
  readonly producerEpoch: number;
}

/** One broker: every call is one request of Kafka's protocol. */
export interface Broker {
  readonly nodeId: string;
  fetch(request: {
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly fetchOffset: number;
        readonly maxBytes: number;
        readonly currentLeaderEpoch: number;
      }[];
    }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[] }>;
  produce(request: {
    readonly topicData: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
    readonly transactionalId?: string;
    readonly acks: number;
    readonly timeout: number;
  }): Promise<{
    readonly topics: readonly {
      readonly topicName: string;
      readonly partitions: readonly { readonly partition: number; readonly baseOffset: Int64 }[];
    }[];
  }>;
  listOffsets(request: {
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: Int64 }[];
    }[];
  }>;
  metadata(topics: readonly string[]): Promise<{ readonly topicMetadata: readonly TopicMetadata[] }>;
  createTopics(request: { readonly topics: readonly TopicConfig[]; readonly timeout: number }): Promise<unknown>;
  createPartitions(request: {
    readonly topicPartitions: readonly { readonly topic: string; readonly count: number }[];
    readonly timeout: number;
  }): Promise<unknown>;
  /** Sends a request that kafkajs has no method for. */
  readonly connectionPool: {
    send<R>(exchange: {
      readonly request: {
        readonly apiKey: number;
        readonly apiVersion: number;
        readonly apiName: string;
        encode(): Promise<{ readonly buffer: Buffer }>;
      };
      readonly response: { decode(payload: Buffer): Promise<Buffer>; parse(payload: Buffer): Promise<R> };
    }): Promise<R>;
  };
  deleteTopics(request: { readonly topics: readonly string[]; readonly timeout: number }): Promise<unknown>;
  deleteRecords(request: {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: Int64 }[];
    }[];
  }): Promise<unknown>;
  describeConfigs(request: {
    readonly resources: readonly { readonly type: number; readonly name: string; readonly configNames: readonly string[] }[];
  }): Promise<{
    readonly resources: readonly { readonly configEntries: readonly { readonly configName: string; readonly configValue: string }[] }[];
  }>;
  initProducerId(request: {
    readonly transactionalId?: string;
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: Int64; readonly producerEpoch: number }>;
  addPartitionsToTxn(
    request: TransactionScope & { readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: TransactionScope & { readonly groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: TransactionScope & {
      readonly groupId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: Int64 }[];
      }[];
    },
  ): Promise<unknown>;
  joinGroup(request: {
    readonly groupId: string;
    readonly memberId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<unknown>;
  syncGroup(request: {
    readonly groupId: string;
    readonly memberId: string;
    readonly generationId: number;
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
  }): Promise<unknown>;
  heartbeat(request: { readonly groupId: string; readonly memberId: string; readonly groupGenerationId: number }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  endTxn(request: TransactionScope & { readonly transactionResult: boolean }): Promise<unknown>;
}

/** Connections to the brokers of one cluster. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findBroker(node: { readonly nodeId: string }): Promise<Broker>;
  findControllerBroker(): Promise<Broker>;
  findGroupCoordinator(query: { readonly groupId: string; readonly coordinatorType: number }): Promise<Broker>;
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> };
}

export interface Logger {
  namespace(name: string): Logger;
  info(message: string): void;
  error(message: string): void;
  warn(message: string): void;
  debug(message: string): void;
}

export interface ClusterOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: unknown;
  readonly sasl?: unknown;
  readonly logger: Logger;
  readonly socketFactory: SocketFactory;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  readonly retry: { readonly retries: number; readonly initialRetryTime: number; readonly maxRetryTime: number };
}

/** What load-kafkajs.ts gives out of kafkajs' modules. */
export interface KafkaJs {
  readonly Cluster: new (options: ClusterOptions) => Cluster;
  readonly createLogger: (options: { readonly level: number; readonly logCreator: () => () => void }) => Logger;
}

/** Opens one connection; kafkajs adds its own listeners. */
export type SocketFactory = (target: SocketTarget) => Socket;

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** null, not undefined, where there is none. */
  readonly ssl?: ConnectionOptions | true | null;
  readonly onConnect: () => void;
}

/** kafkajs' numbers for coordinators. */
export const GROUP_COORDINATOR = 0;
export const TRANSACTION_COORDINATOR = 1;
/** Kafka's isolation levels. */
export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;

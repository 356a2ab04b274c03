import type { MessagePort } from 'node:worker_threads';
import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import type { EpochStore } from './epoch-store.ts';
import type { RecordColumns } from './record-columns.ts';
import type { Position, Source } from './source.ts';
import type { TopicDefinition } from './topic.ts';

/** How a topic is kept. */
export interface TopicSettings {
  readonly partitions: number;
  /** Keep records this long by their timestamps, ms; undefined or -1: for ever. Timestamps are event times, so a broker's usual week would delete a replay of old data. */
  readonly retentionMs?: number;
  /**
   * Keep at least so many of the newest bytes of each partition, and give up what is older: Kafka's `retention.bytes`, which counts per partition as well. With `retentionMs`, whichever comes first.
   * undefined or -1: no limit.
   */
  readonly retentionBytes?: number;
  /** Keep the newest record per key. */
  readonly compacted?: boolean;
}

/** One partition as `millrace topics` shows it. */
export interface PartitionInfo {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest record kept. */
  readonly start: number;
  /** Offset after the newest record. */
  readonly end: number;
  /** Bytes on disk where the home knows them. */
  readonly bytes: number | undefined;
}

/** Topics outside of any task: made, listed, read and appended to by commands and feeds' tools. */
export interface Topics {
  /** Creates the topic unless it exists; an existing topic keeps its partitions, and is returned as it is. */
  ensure(topic: string, settings: TopicSettings): Promise<TopicSettings>;
  /** Deletes records and topic; no error when it does not exist. */
  remove(topic: string): Promise<void>;
  /** Names of all topics, in order. */
  names(): Promise<readonly string[]>;
  /** All partitions of all topics, or of one; UNKNOWN_TOPIC when that one does not exist. */
  list(topic?: string): Promise<readonly PartitionInfo[]>;
  /** Committed records from `offset` on, at most `maxBytes` (but at least one record); empty at the end. */
  read(topic: string, partition: number, offset: number, maxBytes: number): Promise<RecordColumns>;
  /** Appends outside of any epoch; durable when it resolves. */
  append(topic: string, partition: number, records: RecordColumns): Promise<void>;
}

/**
 * Where topics and epochs live: Kafka, the embedded log, or memory. Everything of a pipeline that is not a file goes through its home.
 */
export interface Home {
  readonly kind: 'kafka' | 'log' | 'memory';
  /** For messages: `.millrace/log.db`, `localhost:9092`. */
  readonly address: string;
  readonly epochs: EpochStore;
  readonly topics: Topics;
  /** A reader of one topic; `group` names the consumer group where the home has such. */
  source<T extends TypeMap>(topic: TopicDefinition<T>, group: string): Source<T>;
  /** Positions of the consumers known to this home, for lag: by task and input. */
  positions(): Promise<ReadonlyMap<string, Readonly<Record<string, Position>>>>;
  /**
   * Joins a group of processes that share the tasks of co-partitioned topics: gives the numbers of this process's tasks whenever the group has settled. Unsubscribing leaves it. Only where the home
   * has consumer groups.
   */
  assignments?(group: string, topics: readonly string[]): Observable<readonly number[]>;
  /** Takes the home for one run, where it can serve only one; STATE_LOCKED when another has it. The first `epochs.open` does the same. */
  claim?(): Promise<void>;
  /** For another thread of this process: what it opens the home with (`committer`), to write through the thread that commits for all. Only where there is one. */
  committerPort?(): MessagePort;
  close(): Promise<void>;
}

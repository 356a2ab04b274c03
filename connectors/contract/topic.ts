import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import type { Format } from './format.ts';

/**
 * Where a pipeline begins to read a topic of which it has read nothing: the oldest record kept, the end as it is then, the first record at or after a time (ms), or an offset per
 * partition. What `latest` and a time come to is kept with the first commit, so that a restart begins at the same record.
 */
export type StartAt = 'earliest' | 'latest' | { readonly timestamp: number } | { readonly offsets: readonly number[] };

/** A topic in a pipeline definition: as a source, as a sink, or both. Plain data. */
export interface TopicDefinition<T extends TypeMap> {
  readonly kind: 'topic';
  readonly name: string;
  readonly schema: BatchSchema<T>;
  readonly format: Format;
  /** Partitions when the topic has to be created. */
  readonly partitions: number;
  /** How records are kept when the topic has to be created. */
  readonly retentionMs?: number;
  readonly retentionBytes?: number;
  readonly compacted?: boolean;
  /** Event times may arrive this much out of order, ms: the watermark lags by it. */
  readonly allowedLateness: number;
  /** The oldest record kept, unless given. Homes other than Kafka know no other. */
  readonly startAt?: StartAt;
  /** As an input: every task reads the whole of it, which has to be one partition. */
  readonly broadcast?: true;
}

/** Several topics in a pipeline definition that are read as one input, in one order: by event time, then topic, then offset. Plain data. */
export interface TopicsDefinition<T extends TypeMap> {
  readonly kind: 'topics';
  /** For messages: `a, b` or `/^sensors-/`. */
  readonly name: string;
  /** The names of a list; of a pattern those that it matched when the run was planned, none before. */
  readonly names: readonly string[];
  /** Reads every topic whose whole name matches. */
  readonly pattern: RegExp | undefined;
  readonly schema: BatchSchema<T>;
  readonly allowedLateness: number;
  /** What each of the topics is, but for its name. */
  readonly each: Omit<TopicDefinition<T>, 'name'>;
}

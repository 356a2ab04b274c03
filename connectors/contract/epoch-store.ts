import type { RecordColumns } from './record-columns.ts';
import type { Position } from './source.ts';

/** A decision that came from the wall clock, kept so that a re-run repeats it. */
export interface JournalEntry {
  /** Ordinal of the last row before the decision. */
  readonly ordinal: number;
  readonly kind: string;
  readonly value: unknown;
}

/** A place in a task's input. */
export interface StreamPoint {
  readonly positions: Readonly<Record<string, Position>>;
  readonly nextOrdinal: number;
}

/** Records published to one partition, and the CRC-32 over all of them in order: over keys, values and headers, and over timestamps. */
export interface PublishedDigest {
  readonly records: number;
  readonly bytes: number;
  readonly times: number;
}

/** What an epoch of a task amounts to. Written in the same transaction as its outputs; plain JSON. */
export interface CommitRecord {
  /** Layout of this record. */
  readonly version: 1;
  readonly task: string;
  /** 1, 2, 3, ... */
  readonly epoch: number;
  /** Per input: the position after the epoch. */
  readonly positions: Readonly<Record<string, Position>>;
  /** Ordinal that the next row will have. */
  readonly nextOrdinal: number;
  /** SHA-256 over the state of each step, hex, by step id: a re-run that comes to other state names the step. Empty when the guarantee is at-least-once. */
  readonly digest: Readonly<Record<string, string>>;
  /** Where the stream was when `digest` was taken; absent: at the end of this epoch. */
  readonly digestAt?: StreamPoint;
  /** What was published since the snapshot, by `topic/partition`: a re-run that publishes something else is caught between two digests too. */
  readonly published?: Readonly<Record<string, PublishedDigest>>;
  /** Epoch of the newest snapshot that is stored, 0 for none: recovery restores it and re-runs the rows since. */
  readonly snapshotEpoch: number;
  /** Decisions since that snapshot. */
  readonly journal: readonly JournalEntry[];
  /** True when the task's input had truly ended. */
  readonly ended: boolean;
  /** The savepoint that the task was started from. */
  readonly savepoint?: string;
  /** The task of whose snapshot this is a copy, kept to begin re-runs at: it is not run itself, and holds no records back from being deleted. */
  readonly copyOf?: string;
  /** Wall time of the commit, ms. */
  readonly committedAt: number;
  /** What the run shows and sums up: ledger counters by step, scores. Derived from state; kept here so that it can be read without restoring. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** State of one step. */
export interface SnapshotCell {
  readonly id: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

/** A task's whole state as of the end of an epoch. */
export interface Snapshot {
  readonly epoch: number;
  readonly positions: Readonly<Record<string, Position>>;
  readonly nextOrdinal: number;
  readonly cells: readonly SnapshotCell[];
}

/** Records to publish to one partition, in order. */
export interface OutputRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: RecordColumns;
}

/** Everything that becomes true at once. */
export interface EpochCommit {
  readonly record: CommitRecord;
  readonly outputs: readonly OutputRecords[];
  /** Present when `record.snapshotEpoch` is this epoch. */
  readonly snapshot?: Snapshot;
}

/**
 * Where epochs are committed. Implemented by the embedded log, Kafka and memory; all pass test/contract/epoch-store.
 * - `open(task)` makes this process the task's only owner (an older owner's next commit throws FENCED) and returns the newest commit record.
 * - `commit` makes outputs, commit record and snapshot durable and visible at once, or not at all. When it throws, the task is closed and opened anew: the outcome is then read, never guessed.
 *   Snapshots older than `record.snapshotEpoch` may be deleted.
 * - `publish` sends outputs of the epoch under way ahead of its commit: they come before those of `commit` and are visible with it, or never. Only where the store can hide them
 *   without holding them in memory. What it throws ends the task as `commit` does. The caller awaits it before it calls `publish` or `commit` again.
 * - `readSnapshot` throws STORE_DAMAGED when its bytes do not match their checksum.
 * - `forget(task)` deletes commit records and snapshots of a task (`--fresh`).
 */
export interface EpochStore {
  open(task: string): Promise<CommitRecord | undefined>;
  publish?(task: string, outputs: readonly OutputRecords[]): Promise<void>;
  commit(epoch: EpochCommit): Promise<void>;
  readSnapshot(task: string, epoch: number): Promise<Snapshot | undefined>;
  /** Newest commit records of all tasks whose name begins with `prefix`, without taking them over. */
  peek(prefix: string): Promise<readonly CommitRecord[]>;
  forget(task: string): Promise<void>;
  release(task: string): Promise<void>;
}

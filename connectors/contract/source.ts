import type { TypeMap } from 'apache-arrow';
import type { Batch, BatchSchema } from '../../columnar/index.ts';
import type { RawRecord } from './record-columns.ts';

/**
 * How far a source was read: per stream (topic or file) the offset or row number of the next record to read. Plain data, kept in commit records.
 */
export type Position = Readonly<Record<string, number>>;

/** What a task asks for: about this many rows and bytes, and nothing at or beyond `until` (a re-run after a crash stops exactly there). */
export interface ReadBudget {
  readonly rows: number;
  readonly bytes: number;
  readonly until?: Position;
  /** Nobody will add more: a source that has nothing says `'idle'` at once, if it can, instead of waiting. */
  readonly drain?: boolean;
}

/** A record that could not be decoded, with its bytes. */
export interface RejectedRecord {
  readonly source: string;
  readonly partition: number;
  readonly record: RawRecord;
  readonly reason: string;
}

/** Rows read from one stream, in order. The ledger of ingest: `records` = records that became rows + rejects. */
export interface SourceBatch<T extends TypeMap> {
  readonly batch: Batch<T>;
  /** Stream (topic or file) and partition that the rows came from. */
  readonly source: string;
  readonly partition: number;
  /** Per row: offset of its record. */
  readonly offset: Float64Array;
  /** Records read, decoded or not. */
  readonly records: number;
  readonly rejects: readonly RejectedRecord[];
  /** Position after this batch. */
  readonly position: Position;
  /** Records known to wait beyond this batch; 0 when the source is caught up. */
  readonly lag: number;
  /** True when offsets do not ascend (a replay that shuffles, say): the batch is then taken whole, and each row counts as a record. Only for the single input of a task. */
  readonly indivisible?: boolean;
  /** Bytes held by this batch, for the prefetch budget. */
  readonly bytes: number;
  /** The raw record at an offset of this batch, so that a row that an operator rejects is published with its bytes. */
  rawRecord(offset: number): RawRecord | undefined;
}

/**
 * Where batches come from. One instance per task and input.
 * - `open` is called once, before all else; `bytes` is what `next` will be asked for, for sources that begin to read at once. It throws UNKNOWN_TOPIC, FILE_UNREADABLE, AUTHENTICATION_FAILED (the run stops) or an error with `retry: 'backoff'` (the task tries again).
 * - `next` is called again only when the earlier call has settled. `'idle'`: nothing now, more may come (the task asks again after a pause that the source itself waited for, at most
 *   100 ms); `'end'`: nothing ever again. It may prefetch within the byte budget. An error with `retry: 'backoff'` makes the task close, wait, and open at its last position.
 * - `close` is called once, also after errors, and also while a `next` has not settled for seconds, which it should end if it can; it must not throw.
 */
export interface Source<T extends TypeMap> {
  readonly schema: BatchSchema<T>;
  open(partition: number, position: Position | undefined, bytes?: number): Promise<void>;
  next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'>;
  close(): Promise<void>;
}

/** By topic and partition: the offset after the last archived record. */
export type ArchivedEnd = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** A source in a pipeline definition that is not a topic: plain data and a factory. Building it opens nothing. */
export interface SourceDefinition<T extends TypeMap> {
  readonly kind: 'source';
  /** For messages: the file's path, say. */
  readonly name: string;
  /** Known before opening where the connector can tell; a Parquet file's is read when it is opened. */
  readonly schema: BatchSchema<T>;
  /** Allowed lateness in ms, for the watermark. */
  readonly allowedLateness: number;
  /** As an input: every task reads the whole of it, which has to be one partition. */
  readonly broadcast?: true;
  /** Partitions to read, each by one task. */
  partitions(): Promise<number>;
  /**
   * Where the rows end in the topics that they were archived from; only of sources that can be archives. Throws INVALID_OPTION when that is not known exactly. `among`: only of these streams of a position, an archive as it was when they
   * were read; FILE_UNREADABLE for one that is gone.
   */
  archivedEnd?(among?: readonly string[]): Promise<ArchivedEnd>;
  /** The part that holds the rows of one partition number, as a source of one partition; undefined where there are none. Only of archives; throws INVALID_OPTION when that is not known of a file. `among` as above. */
  archivedPart?(partition: number, among?: readonly string[]): Promise<SourceDefinition<T> | undefined>;
  create(): Source<T>;
}

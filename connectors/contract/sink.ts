import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';

/**
 * Where batches go outside of the home store: Parquet files, plain files. One instance per task and sink.
 * - `open` once, before all else, with the task's name: files are told apart by it.
 * - `write` any number of times per epoch; buffers or writes to a temporary place. Nothing is visible to readers yet.
 * - `prepare(epoch)` when the epoch closes, before the commit record is written: everything must be durable, but not visible.
 * - `commit(epoch)` after the commit record is durable: make it visible. Must be idempotent: it is repeated by `recover`.
 * - `recover(epoch)` after `open` on a restart, with the newest committed epoch (undefined: none): finish that epoch's commit, drop what later epochs left behind.
 * - `close` once. A thrown error with `retry: 'backoff'` repeats the epoch; any other stops the task.
 */
export interface Sink<T extends TypeMap> {
  open(task: string): Promise<void>;
  write(batch: StreamBatch<T>): Promise<void> | void;
  prepare(epoch: number): Promise<void>;
  commit(epoch: number): Promise<void>;
  recover(epoch: number | undefined): Promise<void>;
  close(): Promise<void>;
}

/** A sink in a pipeline definition that is not a topic. */
export interface SinkDefinition<T extends TypeMap> {
  readonly kind: 'sink';
  readonly name: string;
  /** Columns that the sink takes; absent: those of the first batch. */
  readonly schema?: BatchSchema<T>;
  create(): Sink<T>;
}

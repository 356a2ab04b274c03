import type { RecordColumns } from '../contract/index.ts';

/** Offsets of the oldest record kept and after the newest. */
export interface PartitionRange {
  readonly start: number;
  readonly end: number;
}

/** How a topic source reads a store that answers at once (the embedded log, memory). */
export interface PartitionReader {
  /** @throws MillraceError UNKNOWN_TOPIC when topic or partition does not exist. */
  range(topic: string, partition: number): PartitionRange;
  /** Records from `offset` on, at most `maxBytes` but at least one record; empty at the end. */
  readNow(topic: string, partition: number, offset: number, maxBytes: number): RecordColumns;
  /** Resolves after an append in this process, at the latest after `milliseconds`. */
  appended(milliseconds: number): Promise<void>;
}

/** What is written to the log, as plain data: a thread may hand it to another. */
import type { SpareMemory } from '../../columnar/index.ts';

/** A block of records as it is stored, but for its offset, which is known when it is written. */
export interface EncodedBlock {
  readonly count: number;
  /** The latest of the records' timestamps. */
  readonly newest: number;
  /** A RecordBatch (magic 2), in memory of its own, which goes with it. */
  readonly bytes: Uint8Array;
}

/** Blocks to append to one partition, in order. */
export interface PartitionBlocks {
  readonly topic: string;
  readonly partition: number;
  readonly blocks: readonly EncodedBlock[];
}

/** What of a task's snapshot differs from the one before. */
export interface SnapshotWrite {
  readonly epoch: number;
  readonly header: string;
  /** Whether pages that are stored are deleted first: nothing is known of them. */
  readonly whole: boolean;
  /** Cells that are no more. */
  readonly gone: readonly string[];
  /** Cells that have become shorter, and the number of pages that they keep. */
  readonly shortened: readonly { readonly cell: string; readonly pages: number }[];
  readonly pages: readonly { readonly cell: string; readonly page: number; readonly bytes: Uint8Array }[];
}

/** The commit record of an epoch, as JSON. */
export interface CommitWrite {
  readonly task: string;
  /** What the owner was given when it opened the task; undefined when it has not. */
  readonly token: string | undefined;
  readonly epoch: number;
  readonly record: string;
  /** Older snapshots are deleted. */
  readonly snapshotEpoch: number;
  readonly snapshot?: SnapshotWrite;
}

/** What becomes true at once: records, and the commit record unless they are appended outside of any epoch. */
export interface LogWrite {
  readonly outputs: readonly PartitionBlocks[];
  readonly commit?: CommitWrite;
}

/** Why nothing of a write was done. */
export type WriteFault =
  | { readonly kind: 'fenced'; readonly task: string; readonly opened: boolean }
  | { readonly kind: 'missing'; readonly topic: string; readonly partition: number }
  | { readonly kind: 'failed'; readonly message: string; readonly errcode: number | undefined };

/** Bytes of all blocks. */
export const blockBytes = ({ outputs }: LogWrite): number =>
  outputs.reduce((sum, { blocks }) => blocks.reduce((size, { bytes }) => size + bytes.length, sum), 0);

/** The memory that the blocks lie in. */
export const memoryOf = ({ outputs }: LogWrite): ArrayBuffer[] =>
  outputs.flatMap(({ blocks }) => blocks.map(({ bytes }) => bytes.buffer as ArrayBuffer));

/** How the writes of a home become durable: by its own connection, or by the thread that commits for all workers of a run. */
export interface WritePath {
  /** For blocks: what has been written is free again. */
  readonly memory: SpareMemory;
  /** Resolves when the write is durable and sources have been told. @throws MillraceError when nothing of it was done. */
  write(write: LogWrite): Promise<void>;
  close(): void;
}

import type { Home, Position } from '../connectors/index.ts';
import { partsOfTask, readSavedTasks } from './savepoints.ts';
import { digestOf } from './task-state.ts';

/** One task's state as `millrace state` shows it. */
export interface TaskState {
  readonly task: string;
  readonly pipeline: string;
  /** Absent: the pipeline's own state. */
  readonly savepoint: string | undefined;
  /** The task of which an older snapshot is kept here; absent: no such copy. */
  readonly copyOf: string | undefined;
  readonly epoch: number;
  readonly snapshotEpoch: number;
  readonly rows: number;
  readonly ended: boolean;
  readonly committedAt: number;
  readonly positions: Readonly<Record<string, Position>>;
}

/** The state of all tasks in a home, or of those whose name begins with `prefix`. */
export async function listState(home: Home, prefix = ''): Promise<readonly TaskState[]> {
  const records = await home.epochs.peek(prefix);
  return records.map(({ task, copyOf, epoch, snapshotEpoch, nextOrdinal, ended, committedAt, positions }) => {
    const { pipeline, savepoint } = partsOfTask(task);
    return { task, pipeline, savepoint, copyOf, epoch, snapshotEpoch, rows: nextOrdinal, ended, committedAt, positions };
  });
}

/** One step's state within a snapshot. */
export interface CellState {
  readonly task: string;
  readonly step: string;
  readonly version: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether the bytes are those that the commit record speaks of; undefined when its digest was taken elsewhere. */
  readonly verified: boolean | undefined;
}

/**
 * Reads the newest snapshot of every task of a pipeline or savepoint; the store compares its own checksums meanwhile.
 *
 * @throws MillraceError STORE_DAMAGED when stored bytes are not what was written; STATE_INCOMPATIBLE when there are none.
 */
export async function readCells(home: Home, owner: string): Promise<readonly CellState[]> {
  const tasks = await readSavedTasks(home, owner);
  return tasks.flatMap(({ record, snapshot }) => {
    const digest = digestOf(snapshot.cells);
    const known = record.digestAt === undefined && Object.keys(record.digest).length > 0;
    return snapshot.cells.map(({ id, version, bytes }) => ({
      task: record.task,
      step: id,
      version,
      bytes: bytes.length,
      sha256: digest[id] as string,
      verified: known ? record.digest[id] === digest[id] : undefined,
    }));
  });
}

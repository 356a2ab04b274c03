import type { CommitRecord, Home, Snapshot } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { forgetKept } from './kept-snapshots.ts';
import { newestCommit } from './ownership.ts';

/** A task's state as it can be copied: the newest snapshot, and a commit record that ends exactly there. */
export interface SavedTask {
  readonly record: CommitRecord;
  readonly snapshot: Snapshot;
}

/** Tasks of a savepoint are kept under the name of a pipeline of their own. */
export const savepointName = (pipeline: string, savepoint: string) => `${pipeline}.savepoint.${savepoint}`;

/** The pipeline and savepoint of a task's name; undefined savepoint: the pipeline's own state. */
export function partsOfTask(task: string): {
  readonly pipeline: string;
  readonly savepoint: string | undefined;
  readonly partition: number;
} {
  const slash = task.lastIndexOf('/');
  const [, pipeline = task.slice(0, slash), savepoint] = /^(.+)\.savepoint\.(.+)$/.exec(task.slice(0, slash)) ?? [];
  return { pipeline, savepoint, partition: Number(task.slice(slash + 1)) };
}

/**
 * The newest snapshots of a pipeline's tasks, or of one of its savepoints.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when there is no state, or none that a snapshot was taken of.
 */
export async function readSavedTasks(home: Home, owner: string): Promise<readonly SavedTask[]> {
  const records = await home.epochs.peek(`${owner}/`);
  if (records.length === 0)
    throw new MillraceError('STATE_INCOMPATIBLE', `there is no state of '${owner}' in ${home.address}`, {
      hint: 'see millrace state list',
    });
  return Promise.all(records.map((record) => savedTask(home, record)));
}

async function savedTask(home: Home, found: CommitRecord): Promise<SavedTask> {
  const { record, snapshot } = await newestSnapshot(home, found);
  if (snapshot.epoch === record.epoch) return { record, snapshot };
  const { epoch, positions, nextOrdinal } = snapshot;
  // The run went on since its snapshot: what came after is not in the copy, so neither is it in its record.
  const { digestAt: _, ...rest } = record;
  return { snapshot, record: { ...rest, epoch, positions, nextOrdinal, digest: {}, published: {}, journal: [], ended: false } };
}

/** A run that goes on replaces its snapshot: the record may have to be read again. */
async function newestSnapshot(home: Home, found: CommitRecord): Promise<SavedTask> {
  let record = found;
  for (let attempt = 0; attempt < 10 && record.snapshotEpoch > 0; attempt++) {
    const snapshot = await home.epochs.readSnapshot(record.task, record.snapshotEpoch);
    if (snapshot !== undefined) return { record, snapshot };
    record = (await newestCommit(home, found.task)) ?? record;
  }
  throw new MillraceError('STATE_INCOMPATIBLE', `task ${found.task} has no snapshot yet`, {
    hint: 'let it run for an epoch, or stop it in order',
  });
}

/** Writes tasks under another owner: a pipeline or a savepoint. State that is there is replaced. */
export async function writeSavedTasks(home: Home, owner: string, tasks: readonly SavedTask[], savepoint?: string): Promise<void> {
  for (const { record, snapshot } of tasks) {
    const task = `${owner}/${partsOfTask(record.task).partition}`;
    await home.epochs.open(task);
    const { savepoint: _, ...rest } = record;
    await home.epochs.commit({ record: { ...rest, task, ...(savepoint === undefined ? {} : { savepoint }) }, outputs: [], snapshot });
    await home.epochs.release(task);
  }
}

/** Copies the newest snapshots of a pipeline's tasks to a savepoint. The pipeline may run meanwhile. */
export async function createSavepoint(home: Home, pipeline: string, savepoint: string): Promise<readonly SavedTask[]> {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(savepoint))
    throw new MillraceError('INVALID_OPTION', `'${savepoint}' cannot name a savepoint`, { hint: 'use letters, digits, . _ and -' });
  const tasks = await readSavedTasks(home, pipeline);
  await forgetTasks(home, savepointName(pipeline, savepoint));
  await writeSavedTasks(home, savepointName(pipeline, savepoint), tasks);
  return tasks;
}

/**
 * Puts a savepoint in place as the pipeline's state, unless the pipeline was started from it before.
 *
 * @throws MillraceError STATE_INCOMPATIBLE when there is no such savepoint, or the pipeline has state of another origin.
 */
export async function loadSavepoint(home: Home, pipeline: string, savepoint: string): Promise<void> {
  const present = await home.epochs.peek(`${pipeline}/`);
  if (present.length > 0 && present.every((record) => record.savepoint === savepoint)) return;
  if (present.length > 0) {
    throw new MillraceError('STATE_INCOMPATIBLE', `'${pipeline}' has state that does not come from savepoint '${savepoint}'`, {
      hint: `leave --savepoint away to go on from that state, or drop it with: millrace state reset ${pipeline}`,
    });
  }
  await writeSavedTasks(home, pipeline, await readSavedTasks(home, savepointName(pipeline, savepoint)), savepoint);
}

/** Whether a task's newest snapshot is still the savepoint that it was started from. */
export async function isSavepointState(home: Home, record: CommitRecord, savepoint: string): Promise<boolean> {
  if (record.savepoint !== savepoint) return false;
  const { pipeline, partition } = partsOfTask(record.task);
  const name = `${savepointName(pipeline, savepoint)}/${partition}`;
  const saved = await newestCommit(home, name);
  return saved?.snapshotEpoch === record.snapshotEpoch;
}

/** Forgets commits and snapshots of a pipeline or savepoint, older ones that are kept among them; returns the tasks that had some. */
export async function forgetTasks(home: Home, owner: string): Promise<readonly string[]> {
  const records = await home.epochs.peek(`${owner}/`);
  await forgetKept(home, owner);
  for (const { task } of records) {
    // Takes the task over first: a run that still owns it is refused, or fenced.
    await home.epochs.open(task);
    await home.epochs.forget(task);
    await home.epochs.release(task);
  }
  return records.map(({ task }) => task);
}

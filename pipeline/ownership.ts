import type { CommitRecord, Home } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';

/** The commits that one opening of a task knows as its own. */
export interface OwnCommits {
  /** The newest one that was confirmed, or that it found when it was opened. */
  readonly committed: CommitRecord | undefined;
  /** The newest one that was sent: whether it has taken effect may be unknown. */
  readonly attempted: CommitRecord | undefined;
}

/** The newest commit record of a task, whoever owns it. */
export async function newestCommit(home: Home, task: string): Promise<CommitRecord | undefined> {
  return (await home.epochs.peek(task)).find((record) => record.task === task);
}

/**
 * Whoever opens a task fences its owner. So a task that comes back after an error (or a process that had been stopped) must not open it again when another owner has committed meanwhile:
 * it would throw out its successor.
 *
 * @throws MillraceError FENCED when the newest commit is none of the task's own.
 */
export async function requireOwnership(home: Home, task: string, { committed, attempted }: OwnCommits): Promise<void> {
  const newest = await newestCommit(home, task);
  if (isSame(newest, committed) || isSame(newest, attempted)) return;
  const what = newest === undefined ? 'its state was reset' : `its epoch ${newest.epoch} is another owner's`;
  throw new MillraceError('FENCED', `task ${task} was taken over while it tried again after an error: ${what}`, {
    hint: 'its new owner goes on with it; nothing is lost or doubled',
  });
}

const isSame = (a: CommitRecord | undefined, b: CommitRecord | undefined) =>
  a?.epoch === b?.epoch && a?.committedAt === b?.committedAt && a?.nextOrdinal === b?.nextOrdinal;

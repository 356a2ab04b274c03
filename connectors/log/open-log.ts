import type { MessagePort } from 'node:worker_threads';
import type { Home } from '../contract/index.ts';
import { TopicSource } from '../topic-source/index.ts';
import { Committer } from './committer.ts';
import { DirectWrites } from './direct-writes.ts';
import { LogCleaner } from './log-cleaner.ts';
import { LogDatabase, type LogDatabaseOptions } from './log-database.ts';
import { LogEpochs } from './log-epochs.ts';
import { LogTopics } from './log-topics.ts';
import { RunLock } from './run-lock.ts';
import { startCommitter } from './start-committer.ts';
import { ThreadSignal } from './thread-signal.ts';

/** Options of {@link openLog}. */
export interface LogOptions extends LogDatabaseOptions {
  /** Refuse a second run on the folder; true unless said otherwise. Workers of one run share the folder: tasks are then fenced one by one. */
  readonly exclusive?: boolean;
  /** Wall clock for retention, ms; the system's unless given. A committer thread goes by the system's. */
  readonly now?: () => number;
  /**
   * Commit in a thread of its own, one for all workers of a run: true starts it, the port that the starter's `home.committerPort()` gives leads to it. Tasks go on while they are committed,
   * and share one fsync. Without it the home commits at once, in the thread that asks.
   */
  readonly committer?: boolean | MessagePort;
}

/**
 * Opens the embedded log of a state folder: topics, commit records and snapshots in one SQLite file, `log.db`, which is made when it is missing. The first task that
 * is opened takes the folder's run lock; topics can be read and appended to by other processes meanwhile.
 *
 * @throws MillraceError STORE_FAILED (folder cannot be written, disk full), STORE_DAMAGED, STATE_INCOMPATIBLE (layout of another version); STATE_LOCKED
 * from `epochs.open`, when another run uses the folder.
 * @example
 * const home = openLog('.millrace');
 * await home.topics.ensure('readings', { partitions: 1 });
 */
export function openLog(folder: string, options: LogOptions = {}): Home {
  const { committer = false } = options;
  const database = new LogDatabase(folder, options);
  const signal = new ThreadSignal(database.file);
  const thread = committer === true ? startCommitter({ folder, maxBytes: options.maxBytes }) : undefined;
  const port = thread?.connect() ?? (typeof committer === 'boolean' ? undefined : committer);
  const writes =
    port === undefined
      ? new DirectWrites(database, new LogCleaner(database, options.now ?? Date.now), signal)
      : new Committer(port, database.file);
  const topics = new LogTopics(database, writes, signal);
  const lock = options.exclusive === false ? undefined : new RunLock(folder);
  const epochs = new LogEpochs(database, { topics, writes, lock });
  return {
    kind: 'log',
    address: database.file,
    epochs,
    topics,
    source: (topic) => new TopicSource(topics, topic),
    positions: async () =>
      new Map(epochs.records('').flatMap(({ task, positions, copyOf }) => (copyOf === undefined ? [[task, positions]] : []))),
    claim: async () => lock?.acquire(),
    ...(thread === undefined ? {} : { committerPort: () => thread.connect() }),
    close: async () => {
      writes.close();
      // Before the lock goes: the next run finds the folder as this one leaves it.
      await thread?.close();
      lock?.release();
      signal.close();
      database.close();
    },
  };
}

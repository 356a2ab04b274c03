import type { Home } from '../contract/index.ts';
import { TopicSource } from '../topic-source/index.ts';
import { LogCleaner } from './log-cleaner.ts';
import { LogDatabase, type LogDatabaseOptions } from './log-database.ts';
import { LogEpochs } from './log-epochs.ts';
import { LogTopics } from './log-topics.ts';
import { RunLock } from './run-lock.ts';

/** Options of {@link openLog}. */
export interface LogOptions extends LogDatabaseOptions {
  /** Refuse a second run on the folder; true unless said otherwise. Workers of one run share the folder: tasks are then fenced one by one. */
  readonly exclusive?: boolean;
  /** Wall clock for retention, ms; the system's unless given. */
  readonly now?: () => number;
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
  const database = new LogDatabase(folder, options);
  const topics = new LogTopics(database, new LogCleaner(database, options.now ?? Date.now));
  const lock = options.exclusive === false ? undefined : new RunLock(folder);
  const epochs = new LogEpochs(database, topics, lock);
  return {
    kind: 'log',
    address: database.file,
    epochs,
    topics,
    source: (topic) => new TopicSource(topics, topic),
    positions: async () => new Map(epochs.records('').map((record) => [record.task, record.positions])),
    claim: async () => lock?.acquire(),
    close: async () => {
      lock?.release();
      topics.close();
      database.close();
    },
  };
}

import { randomUUID } from 'node:crypto';
import type { CommitRecord, EpochCommit, EpochStore, Snapshot } from '../contract/index.ts';
import { type LogDatabase, verify } from './log-database.ts';
import { LogSnapshots } from './log-snapshots.ts';
import type { LogTopics } from './log-topics.ts';
import type { CommitWrite, WritePath } from './log-write.ts';
import type { RunLock } from './run-lock.ts';

interface CommitRow {
  readonly task: string;
  readonly checksum: number;
  readonly record: string;
}

/** Epochs in the embedded log: outputs, commit record and snapshot are one SQLite transaction. */
export class LogEpochs implements EpochStore {
  readonly #database: LogDatabase;
  readonly #topics: LogTopics;
  readonly #writes: WritePath;
  readonly #lock: RunLock | undefined;
  readonly #snapshots: LogSnapshots;
  readonly #tokens = new Map<string, string>();

  constructor(
    database: LogDatabase,
    parts: { readonly topics: LogTopics; readonly writes: WritePath; readonly lock: RunLock | undefined },
  ) {
    this.#database = database;
    this.#topics = parts.topics;
    this.#writes = parts.writes;
    this.#snapshots = new LogSnapshots(database);
    this.#lock = parts.lock;
  }

  async open(task: string): Promise<CommitRecord | undefined> {
    this.#lock?.acquire();
    const token = randomUUID();
    const row = this.#database.transaction(() => {
      this.#database.run('INSERT OR REPLACE INTO owners (task, token) VALUES (?, ?)', task, token);
      return this.#newest(task);
    });
    this.#tokens.set(task, token);
    this.#snapshots.invalidate(task);
    return row === undefined ? undefined : this.#record(row);
  }

  async commit({ record, outputs, snapshot }: EpochCommit): Promise<void> {
    const { task, epoch, snapshotEpoch } = record;
    try {
      const blocks = this.#topics.blocksOf(outputs);
      const commit: CommitWrite = {
        task,
        token: this.#tokens.get(task),
        epoch,
        record: JSON.stringify(record),
        snapshotEpoch,
        ...(snapshot === undefined ? {} : { snapshot: this.#snapshots.difference(task, snapshot) }),
      };
      if (snapshot === undefined) this.#snapshots.keep(task, snapshotEpoch);
      await this.#writes.write({ outputs: blocks, commit });
    } catch (thrown) {
      this.#snapshots.invalidate(task);
      throw thrown;
    }
  }

  async readSnapshot(task: string, epoch: number): Promise<Snapshot | undefined> {
    return this.#snapshots.read(task, epoch);
  }

  async peek(prefix: string): Promise<readonly CommitRecord[]> {
    return this.records(prefix);
  }

  /** Newest commit records of tasks whose name begins with `prefix`, by name. */
  records(prefix: string): readonly CommitRecord[] {
    return this.#database
      .all<CommitRow>('SELECT task, checksum, record FROM commits WHERE substr(task, 1, ?) = ? ORDER BY task', prefix.length, prefix)
      .map((row) => this.#record(row));
  }

  async forget(task: string): Promise<void> {
    this.#snapshots.invalidate(task);
    this.#database.transaction(() => {
      for (const table of ['commits', 'snapshots', 'pages']) this.#database.run(`DELETE FROM ${table} WHERE task = ?`, task);
    });
  }

  async release(task: string): Promise<void> {
    const token = this.#tokens.get(task);
    if (token === undefined) return;
    this.#tokens.delete(task);
    this.#snapshots.invalidate(task);
    this.#database.run('DELETE FROM owners WHERE task = ? AND token = ?', task, token);
  }

  #newest(task: string): CommitRow | undefined {
    return this.#database.get('SELECT task, checksum, record FROM commits WHERE task = ?', task);
  }

  #record(row: CommitRow): CommitRecord {
    verify(row.record, row.checksum, this.#database, `the commit record of task '${row.task}'`);
    return JSON.parse(row.record) as CommitRecord;
  }
}

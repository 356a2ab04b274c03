import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../streams/index.ts';
import type { CommitRecord, EpochCommit, EpochStore, Snapshot } from '../contract/index.ts';
import { checksum, type LogDatabase, verify } from './log-database.ts';
import { LogSnapshots } from './log-snapshots.ts';
import type { LogTopics } from './log-topics.ts';
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
  readonly #lock: RunLock | undefined;
  readonly #snapshots: LogSnapshots;
  readonly #tokens = new Map<string, string>();

  constructor(database: LogDatabase, topics: LogTopics, lock: RunLock | undefined) {
    this.#database = database;
    this.#topics = topics;
    this.#snapshots = new LogSnapshots(database);
    this.#lock = lock;
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

  async commit(epoch: EpochCommit): Promise<void> {
    try {
      this.#write(epoch);
    } catch (thrown) {
      this.#snapshots.invalidate(epoch.record.task);
      throw thrown;
    }
    this.#topics.announce();
  }

  #write({ record, outputs, snapshot }: EpochCommit): void {
    this.#database.transaction(() => {
      this.#checkOwner(record.task);
      for (const output of outputs) {
        if (output.records.count > 0) this.#topics.write(output.topic, output.partition, output.records);
      }
      const text = JSON.stringify(record);
      this.#database.run(
        'INSERT OR REPLACE INTO commits (task, epoch, checksum, record) VALUES (?, ?, ?, ?)',
        record.task,
        record.epoch,
        checksum(text),
        text,
      );
      if (snapshot === undefined) this.#snapshots.drop(record.task, record.snapshotEpoch);
      else this.#snapshots.write(record.task, snapshot);
    });
  }

  #checkOwner(task: string): void {
    const owner = this.#database.get<{ token: string }>('SELECT token FROM owners WHERE task = ?', task);
    const token = this.#tokens.get(task);
    if (token !== undefined && owner?.token === token) return;
    throw new MillraceError('FENCED', `task '${task}' was taken over by another run; this one must stop`, {
      hint: token === undefined ? 'the task was never opened here' : undefined,
    });
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

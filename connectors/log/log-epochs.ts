import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../streams/index.ts';
import type { CommitRecord, EpochCommit, EpochStore, Snapshot, SnapshotCell } from '../contract/index.ts';
import { checksum, type LogDatabase, verify } from './log-database.ts';
import type { LogTopics } from './log-topics.ts';
import type { RunLock } from './run-lock.ts';
import { damaged } from './store-error.ts';

interface CommitRow {
  readonly task: string;
  readonly checksum: number;
  readonly record: string;
}

type SnapshotHeader = Omit<Snapshot, 'cells'> & { readonly cells: number };

/** Epochs in the embedded log: outputs, commit record and snapshot are one SQLite transaction. */
export class LogEpochs implements EpochStore {
  readonly #database: LogDatabase;
  readonly #topics: LogTopics;
  readonly #lock: RunLock | undefined;
  readonly #tokens = new Map<string, string>();

  constructor(database: LogDatabase, topics: LogTopics, lock: RunLock | undefined) {
    this.#database = database;
    this.#topics = topics;
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
    return row === undefined ? undefined : this.#record(row);
  }

  async commit({ record, outputs, snapshot }: EpochCommit): Promise<void> {
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
      if (snapshot !== undefined) this.#writeSnapshot(record.task, snapshot);
      this.#dropSnapshots(record.task, record.snapshotEpoch);
    });
    this.#topics.announce();
  }

  #checkOwner(task: string): void {
    const owner = this.#database.get<{ token: string }>('SELECT token FROM owners WHERE task = ?', task);
    const token = this.#tokens.get(task);
    if (token !== undefined && owner?.token === token) return;
    throw new MillraceError('FENCED', `task '${task}' was taken over by another run; this one must stop`, {
      hint: token === undefined ? 'the task was never opened here' : undefined,
    });
  }

  #writeSnapshot(task: string, snapshot: Snapshot): void {
    const { epoch, positions, nextOrdinal, cells } = snapshot;
    const header = JSON.stringify({ epoch, positions, nextOrdinal, cells: cells.length } satisfies SnapshotHeader);
    this.#database.run(
      'INSERT OR REPLACE INTO snapshots (task, epoch, checksum, header) VALUES (?, ?, ?, ?)',
      task,
      epoch,
      checksum(header),
      header,
    );
    this.#database.run('DELETE FROM cells WHERE task = ? AND epoch = ?', task, epoch);
    cells.forEach((cell, number) => {
      this.#database.run(
        'INSERT INTO cells (task, epoch, number, id, version, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
        task,
        epoch,
        number,
        cell.id,
        cell.version,
        checksum(cell.bytes),
        cell.bytes,
      );
    });
  }

  #dropSnapshots(task: string, before: number): void {
    for (const table of ['snapshots', 'cells']) this.#database.run(`DELETE FROM ${table} WHERE task = ? AND epoch < ?`, task, before);
  }

  async readSnapshot(task: string, epoch: number): Promise<Snapshot | undefined> {
    const row = this.#database.get<{ checksum: number; header: string }>(
      'SELECT checksum, header FROM snapshots WHERE task = ? AND epoch = ?',
      task,
      epoch,
    );
    if (row === undefined) return undefined;
    const what = `snapshot ${epoch} of task '${task}'`;
    verify(row.header, row.checksum, this.#database, what);
    const header = JSON.parse(row.header) as SnapshotHeader;
    const cells = this.#database
      .all<SnapshotCell & { checksum: number }>(
        'SELECT id, version, checksum, bytes FROM cells WHERE task = ? AND epoch = ? ORDER BY number',
        task,
        epoch,
      )
      .map((cell): SnapshotCell => {
        verify(cell.bytes, cell.checksum, this.#database, `state of step '${cell.id}' in ${what}`);
        return { id: cell.id, version: cell.version, bytes: cell.bytes };
      });
    if (cells.length !== header.cells) throw damaged(this.#database.file, `${what} has ${cells.length} of ${header.cells} cells`);
    return { ...header, cells };
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
    this.#database.transaction(() => {
      for (const table of ['commits', 'snapshots', 'cells']) this.#database.run(`DELETE FROM ${table} WHERE task = ?`, task);
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

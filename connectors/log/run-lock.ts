import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../streams/index.ts';
import { storeError } from './store-error.ts';

const BUSY = 5;

/**
 * Lets one run at a time use a state folder. The lock is an open transaction on a small SQLite file: the operating system frees it when the process ends, however it ends,
 * so that no stale lock can remain and no process id be mistaken for another's.
 */
export class RunLock {
  readonly #folder: string;
  readonly #file: string;
  #database: DatabaseSync | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'run.lock');
  }

  /**
   * Takes the lock; does nothing when it is already held by this object.
   *
   * @throws MillraceError STATE_LOCKED naming the process that holds it.
   */
  acquire(): void {
    if (this.#database !== undefined) return;
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(this.#file, { timeout: 200 });
      // A rollback journal lets others read the owner while the lock is held.
      database.exec('PRAGMA journal_mode = DELETE; CREATE TABLE IF NOT EXISTS owner (process INTEGER NOT NULL)');
      database.exec(`BEGIN IMMEDIATE; DELETE FROM owner; INSERT INTO owner VALUES (${process.pid}); COMMIT; BEGIN IMMEDIATE`);
      this.#database = database;
    } catch (thrown) {
      const error =
        ((thrown as { errcode?: number }).errcode ?? 0) % 256 === BUSY ? this.#locked(database) : storeError(thrown, this.#file);
      database?.close();
      throw error;
    }
  }

  #locked(database: DatabaseSync | undefined): MillraceError {
    return new MillraceError('STATE_LOCKED', `the state folder ${this.#folder} is in use by ${ownerOf(database)}`, {
      hint: 'stop that run, or give this one a folder of its own with --state',
    });
  }

  release(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

function ownerOf(database: DatabaseSync | undefined): string {
  try {
    const row = database?.prepare('SELECT process FROM owner').get() as { process: number } | undefined;
    return row === undefined ? 'another process' : `process ${row.process}`;
  } catch {
    return 'another process';
  }
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SQLInputValue } from 'node:sqlite';
import { MillraceError } from '../../streams/index.ts';
import { checksum } from './checksum.ts';
import { createTables, LAYOUT, mendLayout } from './log-tables.ts';
import { makeFolder } from './make-folder.ts';
import { PAGE_BYTES, SqliteFile } from './sqlite-file.ts';
import { damaged, storeError } from './store-error.ts';

/** Marks the file as ours in its header: "MILL". */
const APPLICATION = 0x4d494c4c;

export interface LogDatabaseOptions {
  /** Read what another process writes; nothing is created. */
  readonly readOnly?: boolean;
  /** Largest size of the file in bytes; unlimited unless given. */
  readonly maxBytes?: number;
}

/** The SQLite file of an embedded log. Every error that leaves it is a MillraceError that names the file. */
export class LogDatabase {
  readonly file: string;
  /** The same without the names: its errors are SQLite's. */
  readonly sqlite: SqliteFile;
  /** Largest size of the file; undefined: unlimited. */
  readonly maxBytes: number | undefined;

  /** @throws MillraceError STORE_FAILED, STORE_DAMAGED or STATE_INCOMPATIBLE */
  constructor(folder: string, options: LogDatabaseOptions = {}) {
    this.file = join(folder, 'log.db');
    this.maxBytes = options.maxBytes;
    const readOnly = options.readOnly ?? false;
    if (readOnly && !existsSync(this.file))
      throw new MillraceError('STORE_FAILED', `there is no embedded log in ${folder}`, {
        hint: 'run a pipeline first, or name its folder with --state',
      });
    try {
      if (!readOnly) makeFolder(folder);
      this.sqlite = new SqliteFile(this.file, readOnly);
    } catch (thrown) {
      throw storeError(thrown, this.file);
    }
    try {
      if (!readOnly) this.#prepareFile(options.maxBytes);
      this.#checkLayout(readOnly);
    } catch (thrown) {
      this.sqlite.close();
      throw storeError(thrown, this.file);
    }
  }

  #prepareFile(maxBytes: number | undefined): void {
    const { sqlite } = this;
    const empty = sqlite.pragma('user_version') === 0;
    // Only before there are tables: on a file that has some, setting auto_vacuum is a write, which fails at once while another thread commits.
    if (empty) sqlite.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL;`);
    sqlite.prepareToWrite(maxBytes);
    if (!empty) return;
    sqlite.transaction(() => {
      // Another process may have made the tables meanwhile.
      if (sqlite.pragma('user_version') !== 0 || sqlite.query('SELECT name FROM sqlite_schema').length > 0) return;
      createTables(sqlite);
      sqlite.exec(`PRAGMA application_id = ${APPLICATION}`);
    });
  }

  #checkLayout(readOnly: boolean): void {
    if (this.sqlite.pragma('application_id') !== APPLICATION)
      throw new MillraceError('STATE_INCOMPATIBLE', `${this.file} is a database, but not one of Millrace`);
    if (!readOnly) mendLayout(this.sqlite);
    const layout = this.sqlite.pragma('user_version');
    if (layout === LAYOUT) return;
    throw new MillraceError('STATE_INCOMPATIBLE', `${this.file} has layout ${layout}; this version reads ${LAYOUT}`, {
      hint: layout < LAYOUT ? 'run its pipeline once with this version, which brings the file up to date' : undefined,
    });
  }

  /** Runs a statement that changes rows; returns how many. `sql` is prepared once. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => this.sqlite.run(sql, ...values));
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.sqlite.get<Row>(sql, ...values));
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.sqlite.all<Row>(sql, ...values));
  }

  /** Does all of `work` or, when it throws, nothing of it; durable when it returns. */
  transaction<R>(work: () => R): R {
    return this.#guard(() => this.sqlite.transaction(work));
  }

  /** Does all reads of `work` on one state of the database, whatever others commit meanwhile. */
  view<R>(work: () => R): R {
    return this.#guard(() => this.sqlite.view(work));
  }

  #guard<R>(work: () => R): R {
    try {
      return work();
    } catch (thrown) {
      throw storeError(thrown, this.file);
    }
  }

  /** Pages in use and pages allowed, as a share of the budget; 0 without one. */
  fullness(): number {
    if (this.maxBytes === undefined) return 0;
    return this.#guard(() => {
      const most = this.sqlite.pragma('max_page_count');
      return (this.sqlite.pragma('page_count') - this.sqlite.pragma('freelist_count')) / most;
    });
  }

  close(): void {
    this.sqlite.close();
  }
}

/** Throws STORE_DAMAGED unless the bytes match their checksum. */
export function verify(bytes: Uint8Array | string, expected: number, database: LogDatabase, what: string): void {
  if (checksum(bytes) !== expected) throw damaged(database.file, `${what} does not match its checksum`);
}

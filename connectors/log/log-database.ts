import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { MillraceError } from '../../streams/index.ts';
import { makeFolder } from './make-folder.ts';
import { damaged, storeError } from './store-error.ts';

/** Layout of the tables; a file of another layout is refused. */
const LAYOUT = 2;
/** Marks the file as ours in its header: "MILL". */
const APPLICATION = 0x4d494c4c;
/** How long a writer waits for another process's transaction, ms. */
const BUSY_TIMEOUT = 5000;

/**
 * topics and partitions: names, settings and ranges. blocks: appended records, each block one RecordBatch (magic 2) of `count` records from offset `base`.
 * partitions.compacted is the size after the last compaction. owners: which process's token may commit a task. commits: a task's newest commit record. snapshots, pages: the newest state of each task. Checksums are CRC-32.
 */
const TABLES = `
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, retention INTEGER, compacted INTEGER NOT NULL) STRICT;
CREATE TABLE partitions (topic INTEGER NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL,
  compacted INTEGER NOT NULL, PRIMARY KEY (topic, number)) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (topic INTEGER NOT NULL, partition INTEGER NOT NULL, base INTEGER NOT NULL, count INTEGER NOT NULL, newest INTEGER NOT NULL,
  checksum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX blocks_by_base ON blocks (topic, partition, base);
CREATE TABLE owners (task TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE commits (task TEXT PRIMARY KEY, epoch INTEGER NOT NULL, checksum INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (task TEXT NOT NULL, epoch INTEGER NOT NULL, checksum INTEGER NOT NULL, header TEXT NOT NULL, PRIMARY KEY (task, epoch)) STRICT;
CREATE TABLE pages (task TEXT NOT NULL, cell TEXT NOT NULL, page INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (task, cell, page)) STRICT;
PRAGMA user_version = ${LAYOUT};
PRAGMA application_id = ${APPLICATION};
`;

export interface LogDatabaseOptions {
  /** Read what another process writes; nothing is created. */
  readonly readOnly?: boolean;
  /** Largest size of the file in bytes; unlimited unless given. */
  readonly maxBytes?: number;
}

/** The SQLite file of an embedded log. Every error that leaves it is a MillraceError that names the file. */
export class LogDatabase {
  readonly file: string;
  readonly #database: DatabaseSync;
  readonly #limited: boolean;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws MillraceError STORE_FAILED, STORE_DAMAGED or STATE_INCOMPATIBLE */
  constructor(folder: string, options: LogDatabaseOptions = {}) {
    this.file = join(folder, 'log.db');
    this.#limited = options.maxBytes !== undefined;
    const readOnly = options.readOnly ?? false;
    if (readOnly && !existsSync(this.file))
      throw new MillraceError('STORE_FAILED', `there is no embedded log in ${folder}`, {
        hint: 'run a pipeline first, or name its folder with --state',
      });
    try {
      if (!readOnly) makeFolder(folder);
      this.#database = new DatabaseSync(this.file, { readOnly, timeout: BUSY_TIMEOUT });
    } catch (thrown) {
      throw storeError(thrown, this.file);
    }
    try {
      if (!readOnly) this.#prepareFile(options.maxBytes);
      this.#checkLayout();
    } catch (thrown) {
      this.#database.close();
      throw storeError(thrown, this.file);
    }
  }

  #prepareFile(maxBytes: number | undefined): void {
    const pages = maxBytes === undefined ? undefined : Math.max(Math.floor(maxBytes / 16_384), 32);
    const empty = this.#pragma('user_version') === 0;
    // Only before there are tables: on a file that has some, setting auto_vacuum is a write, which fails at once while another thread commits.
    if (empty) this.#database.exec('PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL;');
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;');
    if (pages !== undefined) this.#database.exec(`PRAGMA max_page_count = ${pages}`);
    if (!empty) return;
    this.transaction(() => {
      // Another process may have made the tables meanwhile.
      if (this.#pragma('user_version') === 0 && this.#all('SELECT name FROM sqlite_schema').length === 0) this.#database.exec(TABLES);
    });
  }

  #checkLayout(): void {
    const [application, layout] = [this.#pragma('application_id'), this.#pragma('user_version')];
    if (application !== APPLICATION) throw new MillraceError('STATE_INCOMPATIBLE', `${this.file} is a database, but not one of Millrace`);
    if (layout === LAYOUT) return;
    throw new MillraceError('STATE_INCOMPATIBLE', `${this.file} has layout ${layout}; this version reads ${LAYOUT}`);
  }

  #pragma(name: string): number {
    return (this.#all(`PRAGMA ${name}`)[0] as Record<string, number>)[name] as number;
  }

  #all(sql: string): unknown[] {
    return this.#database.prepare(sql).all();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Runs a statement that changes rows; returns how many. `sql` is prepared once. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[]);
  }

  /** Does all of `work` or, when it throws, nothing of it; durable when it returns. */
  transaction<R>(work: () => R): R {
    return this.#guard(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (thrown) {
        // A full disk may have rolled back already.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw thrown;
      }
    });
  }

  /** Does all reads of `work` on one state of the database, whatever others commit meanwhile. */
  view<R>(work: () => R): R {
    return this.#guard(() => {
      this.#database.exec('BEGIN');
      try {
        return work();
      } finally {
        this.#database.exec('COMMIT');
      }
    });
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
    return this.#guard(() => {
      const most = this.#pragma('max_page_count');
      const used = this.#pragma('page_count') - this.#pragma('freelist_count');
      return this.#limited ? used / most : 0;
    });
  }

  /** Gives free pages back to the file system. */
  shrink(): void {
    this.#guard(() => this.#all('PRAGMA incremental_vacuum'));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/** Checksum of stored bytes: CRC-32, which the engine computes natively. */
export function checksum(bytes: Uint8Array | string): number {
  return crc32(bytes);
}

/** Throws STORE_DAMAGED unless the bytes match their checksum. */
export function verify(bytes: Uint8Array | string, expected: number, database: LogDatabase, what: string): void {
  if (checksum(bytes) !== expected) throw damaged(database.file, `${what} does not match its checksum`);
}

import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** How long a writer waits for another connection's transaction, ms. */
const BUSY_TIMEOUT = 5000;
export const PAGE_BYTES = 16_384;

/** A connection to an SQLite file. Its errors are SQLite's own; statements are prepared once. */
export class SqliteFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, readOnly = false) {
    this.#database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT });
  }

  /** What every connection that writes has to set: a transaction is on the disk when it has been committed. */
  prepareToWrite(maxBytes: number | undefined): void {
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;');
    if (maxBytes !== undefined) this.#database.exec(`PRAGMA max_page_count = ${Math.max(Math.floor(maxBytes / PAGE_BYTES), 32)}`);
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  pragma(name: string): number {
    return (this.query(`PRAGMA ${name}`)[0] as Record<string, number>)[name] as number;
  }

  /** All rows of a statement that is run once. */
  query(sql: string): unknown[] {
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

  /** Runs a statement that changes rows; returns how many. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** The first row, or undefined. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** Does all of `work` or, when it throws, nothing of it; durable when it returns. */
  transaction<R>(work: () => R): R {
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
  }

  /** Does all reads of `work` on one state of the database, whatever others commit meanwhile. */
  view<R>(work: () => R): R {
    this.#database.exec('BEGIN');
    try {
      return work();
    } finally {
      this.#database.exec('COMMIT');
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

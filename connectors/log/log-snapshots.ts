import type { Snapshot, SnapshotCell } from '../contract/index.ts';
import { checksum, type LogDatabase, verify } from './log-database.ts';
import { damaged } from './store-error.ts';

/** A page is the unit of writing: what a snapshot has in common with the one before is not written again. */
const PAGE_BYTES = 64 * 1024;

/** What a snapshot's header tells of a cell; its checksum is over all of its pages. */
interface CellHeader {
  readonly id: string;
  readonly version: number;
  readonly bytes: number;
  readonly checksum: number;
}

type SnapshotHeader = Omit<Snapshot, 'cells'> & { readonly cells: readonly CellHeader[] };

/**
 * The newest snapshot of each task: a header, and the pages of its cells, of which only those that have changed are written. Called within the transaction of a commit.
 */
export class LogSnapshots {
  readonly #database: LogDatabase;
  /** Per task the cells as they were last written; unknown after an open, since another owner may have written. */
  readonly #written = new Map<string, ReadonlyMap<string, Uint8Array>>();

  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /** Forgets what is known of a task's pages: its next snapshot is written whole. To be called when the task is opened, and when a transaction has failed. */
  invalidate(task: string): void {
    this.#written.delete(task);
  }

  /** Replaces the snapshot of a task; returns the number of pages written. */
  write(task: string, { epoch, positions, nextOrdinal, cells }: Snapshot): number {
    const headers = cells.map(({ id, version, bytes }): CellHeader => ({ id, version, bytes: bytes.length, checksum: checksum(bytes) }));
    const header = JSON.stringify({ epoch, positions, nextOrdinal, cells: headers } satisfies SnapshotHeader);
    this.#database.run('DELETE FROM snapshots WHERE task = ?', task);
    this.#database.run('INSERT INTO snapshots (task, epoch, checksum, header) VALUES (?, ?, ?, ?)', task, epoch, checksum(header), header);
    const before = this.#written.get(task);
    if (before === undefined) this.#database.run('DELETE FROM pages WHERE task = ?', task);
    const gone = [...(before?.keys() ?? [])].filter((id) => !cells.some((cell) => cell.id === id));
    for (const id of gone) this.#database.run('DELETE FROM pages WHERE task = ? AND cell = ?', task, id);
    const pages = cells.reduce((sum, cell) => sum + this.#writeCell(task, cell, before?.get(cell.id)), 0);
    // Copies, so that nobody can change what the next snapshot is compared with.
    this.#written.set(task, new Map(cells.map(({ id, bytes }) => [id, bytes.slice()])));
    return pages;
  }

  #writeCell(task: string, { id, bytes }: SnapshotCell, before: Uint8Array = NOTHING): number {
    const count = pagesOf(bytes);
    let written = 0;
    for (let page = 0; page < count; page++) {
      const part = pageOf(bytes, page);
      if (page < pagesOf(before) && Buffer.compare(part, pageOf(before, page)) === 0) continue;
      this.#database.run('INSERT OR REPLACE INTO pages (task, cell, page, bytes) VALUES (?, ?, ?, ?)', task, id, page, part);
      written++;
    }
    if (pagesOf(before) > count) this.#database.run('DELETE FROM pages WHERE task = ? AND cell = ? AND page >= ?', task, id, count);
    return written;
  }

  /** Deletes a snapshot that is older than `epoch`. */
  drop(task: string, epoch: number): void {
    if (this.#database.run('DELETE FROM snapshots WHERE task = ? AND epoch < ?', task, epoch) === 0) return;
    this.#database.run('DELETE FROM pages WHERE task = ?', task);
    this.invalidate(task);
  }

  /** The snapshot of an epoch, if it is the newest. One view of the database: a run may commit meanwhile. */
  read(task: string, epoch: number): Snapshot | undefined {
    return this.#database.view(() => {
      const row = this.#database.get<{ checksum: number; header: string }>(
        'SELECT checksum, header FROM snapshots WHERE task = ? AND epoch = ?',
        task,
        epoch,
      );
      if (row === undefined) return undefined;
      const what = `snapshot ${epoch} of task '${task}'`;
      verify(row.header, row.checksum, this.#database, what);
      const header = JSON.parse(row.header) as SnapshotHeader;
      return { ...header, cells: header.cells.map((cell) => this.#readCell(task, cell, what)) };
    });
  }

  #readCell(task: string, { id, version, bytes: length, checksum: expected }: CellHeader, what: string): SnapshotCell {
    const pages = this.#database.all<{ bytes: Uint8Array }>('SELECT bytes FROM pages WHERE task = ? AND cell = ? ORDER BY page', task, id);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const page of pages) {
      if (at + page.bytes.length > length) throw damaged(this.#database.file, `the state of step '${id}' in ${what} is too long`);
      bytes.set(page.bytes, at);
      at += page.bytes.length;
    }
    if (at !== length) throw damaged(this.#database.file, `the state of step '${id}' in ${what} has ${at} of ${length} bytes`);
    verify(bytes, expected, this.#database, `the state of step '${id}' in ${what}`);
    return { id, version, bytes };
  }
}

const NOTHING = new Uint8Array(0);
const pagesOf = (bytes: Uint8Array) => Math.ceil(bytes.length / PAGE_BYTES);
const pageOf = (bytes: Uint8Array, page: number) => bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);

import type { Snapshot, SnapshotCell } from '../contract/index.ts';
import { checksum } from './checksum.ts';
import { type LogDatabase, verify } from './log-database.ts';
import type { SnapshotWrite } from './log-write.ts';
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

interface Written {
  readonly epoch: number;
  readonly cells: ReadonlyMap<string, Uint8Array>;
}

/**
 * The newest snapshot of each task: a header, and the pages of its cells, of which only those that have changed are written.
 */
export class LogSnapshots {
  readonly #database: LogDatabase;
  /** Per task the snapshot that was last written; unknown after an open, since another owner may have written. */
  readonly #written = new Map<string, Written>();

  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /** Forgets what is known of a task's pages: its next snapshot is written whole. To be called when the task is opened, and when a write has failed. */
  invalidate(task: string): void {
    this.#written.delete(task);
  }

  /** Tells that a commit names a snapshot: an older one will be gone with it. */
  keep(task: string, epoch: number): void {
    if ((this.#written.get(task)?.epoch ?? epoch) < epoch) this.invalidate(task);
  }

  /** What has to be written to replace a task's snapshot. From then on the next one is compared with this one. */
  difference(task: string, { epoch, positions, nextOrdinal, cells }: Snapshot): SnapshotWrite {
    const headers = cells.map(({ id, version, bytes }): CellHeader => ({ id, version, bytes: bytes.length, checksum: checksum(bytes) }));
    const header = JSON.stringify({ epoch, positions, nextOrdinal, cells: headers } satisfies SnapshotHeader);
    const before = this.#written.get(task)?.cells;
    const now = new Map(cells.map(({ id, bytes }) => [id, bytes]));
    // Copies, so that nobody can change what the next snapshot is compared with.
    this.#written.set(task, { epoch, cells: new Map(cells.map(({ id, bytes }) => [id, bytes.slice()])) });
    const shorter = [...(before ?? [])].filter(([id, bytes]) => pagesOf(bytes) > pagesOf(now.get(id) ?? bytes));
    return {
      epoch,
      header,
      whole: before === undefined,
      gone: [...(before?.keys() ?? [])].filter((id) => !now.has(id)),
      shortened: shorter.map(([cell]) => ({ cell, pages: pagesOf(now.get(cell) as Uint8Array) })),
      pages: cells.flatMap(({ id, bytes }) => changedPages(id, bytes, before?.get(id))),
    };
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

function changedPages(cell: string, bytes: Uint8Array, before: Uint8Array = NOTHING): SnapshotWrite['pages'] {
  const changed = (page: number) => page >= pagesOf(before) || Buffer.compare(pageOf(bytes, page), pageOf(before, page)) !== 0;
  const pages = Array.from({ length: pagesOf(bytes) }, (_, page) => page).filter(changed);
  return pages.map((page) => ({ cell, page, bytes: pageOf(bytes, page) }));
}

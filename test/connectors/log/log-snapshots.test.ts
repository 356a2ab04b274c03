import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogDatabase } from '../../../connectors/log/log-database.ts';
import { LogSnapshots } from '../../../connectors/log/log-snapshots.ts';
import { LogWriter } from '../../../connectors/log/log-writer.ts';
import { temporaryFolders } from './temporary-folder.ts';

const newFolder = temporaryFolders();
const PAGE = 64 * 1024;

const snapshotOf = (epoch: number, cells: Readonly<Record<string, Uint8Array>>) => ({
  epoch,
  positions: { in: { t: epoch } },
  nextOrdinal: epoch,
  cells: Object.entries(cells).map(([id, bytes]) => ({ id, version: 1, bytes })),
});

/** Writes what differs, as a commit does; returns the number of pages. */
function store(database: LogDatabase, snapshots: LogSnapshots, task: string, snapshot: ReturnType<typeof snapshotOf>): number {
  database.run('INSERT OR REPLACE INTO owners (task, token) VALUES (?, ?)', task, 'mine');
  const difference = snapshots.difference(task, snapshot);
  const { epoch } = snapshot;
  const commit = { task, token: 'mine', epoch, record: '{}', snapshotEpoch: epoch, snapshot: difference };
  expect(new LogWriter(database.sqlite).write([{ outputs: [], commit }])).toEqual([undefined]);
  return difference.pages.length;
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe('snapshots of the embedded log', () => {
  it('write only the pages that have changed', () => {
    const database = new LogDatabase(newFolder());
    const snapshots = new LogSnapshots(database);
    const state = filled(10 * PAGE + 5, 1);
    expect(store(database, snapshots, 't/0', snapshotOf(1, { a: state, b: filled(10, 2) }))).toBe(12);
    state[3 * PAGE] = 9;
    expect(store(database, snapshots, 't/0', snapshotOf(2, { a: state, b: filled(10, 2) }))).toBe(1);
    const grown = new Uint8Array(11 * PAGE);
    grown.set(state);
    expect(store(database, snapshots, 't/0', snapshotOf(3, { a: grown }))).toBe(1);
    expect(snapshots.read('t/0', 2)).toBeUndefined();
    expect(snapshots.read('t/0', 3)?.cells).toEqual([{ id: 'a', version: 1, bytes: grown }]);
  });

  it('come back as they were written, whatever came before', () => {
    const database = new LogDatabase(newFolder());
    const cell = fc.record({
      pages: fc.integer({ min: 0, max: 3 }),
      rest: fc.integer({ min: 0, max: 3 }),
      value: fc.integer({ min: 0, max: 3 }),
    });
    const states = fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), cell, { noNullPrototype: true }), { minLength: 1, maxLength: 6 });
    let task = 0;
    fc.assert(
      fc.property(states, fc.integer({ min: 0, max: 6 }), (sequence, reopenAt) => {
        let snapshots = new LogSnapshots(database);
        const name = `t/${task++}`;
        for (const [index, cells] of sequence.entries()) {
          if (index === reopenAt) snapshots = new LogSnapshots(database);
          const bytes = Object.fromEntries(
            Object.entries(cells).map(([id, { pages, rest, value }]) => [id, filled(pages * PAGE + rest, value)]),
          );
          const snapshot = snapshotOf(index + 1, bytes);
          store(database, snapshots, name, snapshot);
          const read = snapshots.read(name, index + 1);
          expect(read?.cells.map(({ id, bytes: found }) => [id, Buffer.from(found).toString('base64')])).toEqual(
            snapshot.cells.map(({ id, bytes: given }) => [id, Buffer.from(given).toString('base64')]),
          );
        }
      }),
      { numRuns: 15 },
    );
  });

  it('are compared with copies: bytes that the caller changes afterwards are written again', () => {
    const database = new LogDatabase(newFolder());
    const snapshots = new LogSnapshots(database);
    const state = filled(PAGE, 1);
    store(database, snapshots, 't/0', snapshotOf(1, { a: state }));
    state.fill(2);
    expect(store(database, snapshots, 't/0', snapshotOf(2, { a: state }))).toBe(1);
    expect(snapshots.read('t/0', 2)?.cells[0]?.bytes).toEqual(filled(PAGE, 2));
  });

  it('are not served when a page is missing or is not what was written', () => {
    for (const damage of ['DELETE FROM pages WHERE page = 1', 'UPDATE pages SET bytes = zeroblob(65536) WHERE page = 1']) {
      const folder = newFolder();
      const database = new LogDatabase(folder);
      const snapshots = new LogSnapshots(database);
      store(database, snapshots, 't/0', snapshotOf(1, { learn: filled(3 * PAGE, 7) }));
      const other = new DatabaseSync(database.file);
      other.exec(damage);
      other.close();
      expect(() => snapshots.read('t/0', 1)).toThrow(
        expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining("state of step 'learn'") }),
      );
    }
  });
});

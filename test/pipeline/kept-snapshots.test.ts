import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CommitRecord, type Home, memoryStore, openLog, type Snapshot } from '../../connectors/index.ts';
import { forgetTasks, listState, type RunOptions, reproduce, start } from '../../pipeline/index.ts';
import { KeptSnapshots } from '../../pipeline/kept-snapshots.ts';
import { publish, readings, totalsPipeline } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act();
});

const homes: Readonly<Record<string, () => Home>> = {
  memory: () => memoryStore().open(),
  'the embedded log': () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-kept-'));
    const home = openLog(folder);
    undo.push(
      () => rmSync(folder, { recursive: true }),
      () => home.close(),
    );
    return home;
  },
};

async function runAndStop(home: Home, rows: number, keepSnapshots: number, options: RunOptions = {}): Promise<void> {
  const run = start(totalsPipeline(), { home, task: { batchRows: 7, keepSnapshots }, ...options });
  await rowsIn(run, rows);
  await run.stop();
}

/** Runs to so many rows, thirty at a time, each with a snapshot at its end. */
async function runTo(home: Home, rows: number, keepSnapshots: number, from = 0): Promise<void> {
  for (let at = from; at < rows; at += 30) {
    await publish(home, 'events', readings(30, at));
    await runAndStop(home, at + 30, keepSnapshots);
  }
}

const keptRows = async (home: Home) =>
  (await listState(home, 'totals')).filter(({ copyOf }) => copyOf !== undefined).map(({ rows }) => rows);

describe.each(Object.entries(homes))('kept snapshots in %s', (_, open) => {
  it('are what a stretch far back begins at, and only so many', async () => {
    const home = open();
    await runTo(home, 240, 3);
    const kept = (await keptRows(home)).toSorted((a, b) => a - b);
    expect(kept).toHaveLength(3);
    const [result] = await reproduce(totalsPipeline(), home, { from: 150, to: 160 });
    const before = Math.max(...kept.filter((rows) => rows <= 150));
    expect(result).toMatchObject({ base: expect.stringMatching(/^the snapshot of epoch \d+$/), rows: { from: before, to: 160 } });
    expect(result).toMatchObject({ records: 160 - before, differingRows: [], differingState: undefined, unjournaled: undefined });
    const [whole] = await reproduce(totalsPipeline(), home);
    expect(whole).toMatchObject({ base: 'the beginning', rows: { from: 0, to: 240 }, differingRows: [], differingState: undefined });
  });

  it('are given up when fewer are wanted, and with the state', async () => {
    const home = open();
    await runTo(home, 150, 4);
    expect((await keptRows(home)).length).toBe(4);
    await runTo(home, 180, 1, 150);
    expect((await keptRows(home)).length).toBe(1);
    await runTo(home, 210, 0, 180);
    expect(await keptRows(home)).toEqual([]);
    await runTo(home, 240, 2, 210);
    expect((await keptRows(home)).length).toBeGreaterThan(0);
    await forgetTasks(home, 'totals');
    expect(await keptRows(home)).toEqual([]);
  });

  it('are forgotten by a run that begins anew', async () => {
    const home = open();
    await runTo(home, 60, 2);
    await runAndStop(home, 0, 0, { fresh: true });
    expect(await keptRows(home)).toEqual([]);
  });

  it('are no consumers of topics', async () => {
    const home = open();
    await runTo(home, 60, 2);
    expect([...(await home.positions()).keys()]).toEqual(['totals/0']);
  });
});

/** The commit that ends before a row, and its snapshot. */
function commitAt(nextOrdinal: number): { readonly record: CommitRecord; readonly snapshot: Snapshot } {
  const point = { epoch: nextOrdinal, positions: {}, nextOrdinal };
  const rest = { digest: {}, journal: [], ended: false, committedAt: 0, summary: {} };
  return { record: { version: 1, task: 'p/0', ...point, snapshotEpoch: nextOrdinal, ...rest }, snapshot: { ...point, cells: [] } };
}

describe('kept snapshots', () => {
  const rowsOf = async (home: Home) => (await home.epochs.peek('p.kept/')).map(({ nextOrdinal }) => nextOrdinal).toSorted((a, b) => a - b);

  it.each([1, 4, 10])('%d of them are spread over the run, with few copies', async (most) => {
    const home = memoryStore().open();
    let copies = 0;
    const commit = async (epoch: never) => {
      copies++;
      await home.epochs.commit(epoch);
    };
    const counting = { epochs: { ...wrapped(home), commit } };
    const kept = new KeptSnapshots({ pipeline: 'p', partition: 0, home: counting as never, most });
    for (let row = 10; row <= 20_000; row += 10) {
      const { record, snapshot } = commitAt(row);
      await kept.offer(record, snapshot);
    }
    const places = [0, ...(await rowsOf(home)), 20_000];
    const gaps = places.slice(1).map((row, index) => row - (places[index] as number));
    expect(places).toHaveLength(most + 2);
    expect(Math.max(...gaps)).toBeLessThanOrEqual((3 * 20_000) / (most + 1));
    expect(copies).toBeLessThan(15 * most);
  });

  it('one that cannot be written is said, and the next one is kept', async () => {
    const home = memoryStore().open();
    let fails = true;
    const commit = async (epoch: never) => {
      if (fails) throw new Error('no room');
      await home.epochs.commit(epoch);
    };
    const notices: string[] = [];
    const faulty = { epochs: { ...wrapped(home), commit } } as never;
    const kept = new KeptSnapshots({ pipeline: 'p', partition: 0, home: faulty, most: 1, onNotice: (notice) => notices.push(notice) });
    const offer = ({ record, snapshot }: ReturnType<typeof commitAt>) => kept.offer(record, snapshot);
    await offer(commitAt(10));
    expect(notices).toEqual(['the snapshot of epoch 10 is not kept: no room']);
    fails = false;
    await offer(commitAt(20));
    await offer(commitAt(200));
    fails = true;
    await offer(commitAt(900));
    expect(await rowsOf(home)).toEqual([200]);
    // Another start finds what is there, and puts the next one in its place.
    const again = new KeptSnapshots({ pipeline: 'p', partition: 0, home, most: 1 });
    const { record, snapshot } = commitAt(1000);
    await again.offer(record, snapshot);
    expect(await rowsOf(home)).toEqual([1000]);
  });
});

/** The methods of a home's epochs, to put others in their place. */
function wrapped({ epochs }: Home) {
  return {
    open: (task: string) => epochs.open(task),
    release: (task: string) => epochs.release(task),
    forget: (task: string) => epochs.forget(task),
    peek: (prefix: string) => epochs.peek(prefix),
  };
}

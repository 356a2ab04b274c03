import { describe, expect, it } from 'vitest';
import { type Home, type MemoryStore, memoryStore } from '../../connectors/index.ts';
import { type Run, start, systemClock, type TaskClock } from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { publish, readings, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const rowsCommitted = async (store: MemoryStore, rows: number) => {
  while ((await valuesOf(store, 'totals')).length < rows) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** Runs until each chunk of ten rows is committed, one after the other, then hands the tasks to nobody: what a kill leaves behind. */
async function killedAfter(chunks: number, store: MemoryStore, options: Parameters<typeof start>[1]): Promise<Run> {
  await publish(store.open(), 'events', readings(0));
  await store.open().topics.ensure('totals', { partitions: 1 });
  const run = start(totalsPipeline(), { home: store.open(), ...options });
  for (let chunk = 0; chunk < chunks; chunk++) {
    await publish(store.open(), 'events', readings(10, chunk * 10));
    await rowsCommitted(store, (chunk + 1) * 10);
  }
  await store.open().epochs.open('totals/0');
  await expect(run.stop()).rejects.toMatchObject({ code: 'FENCED' });
  return run;
}

/** A clock to which every piece of work looks a second long. */
function slowClock(): TaskClock {
  let elapsed = 0;
  return { ...systemClock, elapsed: () => (elapsed += 1000) };
}

const newest = async (store: MemoryStore) => (await store.open().epochs.peek('totals/'))[0];

describe('epochs', () => {
  it('close when the input drains, not only after their time', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(10));
    await store.open().topics.ensure('totals', { partitions: 1 });
    const run = start(totalsPipeline(), { home: store.open(), task: { epochTime: '1h' } });
    await rowsCommitted(store, 10);
    await publish(store.open(), 'events', readings(10, 10));
    await rowsCommitted(store, 20);
    await run.stop();
  });

  it('carry the digest of an earlier epoch when digests are dear, and a re-run compares at that place', async () => {
    const store = memoryStore();
    await killedAfter(5, store, { clock: slowClock() });
    const record = await newest(store);
    expect(record).toMatchObject({ nextOrdinal: 50, digestAt: { nextOrdinal: 10 }, snapshotEpoch: 1 });
    const summary = await start(totalsPipeline(), { home: store.open(), drain: true }).done;
    expect(summary.rowsIn).toBe(50);
    expect(await valuesOf(store, 'totals')).toHaveLength(50);
  });

  it('are told apart by what they published where no digest was taken', async () => {
    const store = memoryStore();
    await killedAfter(5, store, { clock: slowClock() });
    let rows = 0;
    const disturbed = totalsPipeline(() => (++rows === 25 ? 1 : 0));
    await expect(start(disturbed, { home: store.open(), drain: true }).done).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringContaining('totals/0'),
    });
    expect(rows).toBe(40);
  });

  it('are compared whatever the batches of the re-run', async () => {
    const store = memoryStore();
    await killedAfter(5, store, { clock: slowClock() });
    const summary = await start(totalsPipeline(), { home: store.open(), drain: true, task: { batchRows: 3 } }).done;
    expect(summary.rowsIn).toBe(50);
  });

  it('take a snapshot at an orderly stop', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(10));
    const run = start(totalsPipeline(), { home: store.open(), clock: slowClock() });
    await rowsIn(run, 10);
    await publish(store.open(), 'events', readings(10, 10));
    await rowsIn(run, 20);
    await run.stop();
    const record = await newest(store);
    expect(record?.snapshotEpoch).toBe(record?.epoch);
    expect(record?.published).toEqual({});
  });

  it('refuse state over its budget, naming the largest step', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(10));
    await expect(start(totalsPipeline(), { home: store.open(), drain: true, task: { stateBytes: 100 } }).done).rejects.toMatchObject({
      code: 'STATE_TOO_LARGE',
      step: expect.any(String),
    });
    expect(await valuesOf(store, 'totals')).toHaveLength(0);
  });
});

/** A home whose commits fail from the second on. */
function failingHome(store: MemoryStore): Home {
  const home = store.open();
  let commits = 0;
  const { epochs } = home;
  const commit: typeof epochs.commit = async (epoch) => {
    if (++commits > 1) throw new MillraceError('STORE_FAILED', 'no commit any more');
    await epochs.commit(epoch);
  };
  return { ...home, epochs: { ...bound(epochs), commit } };
}

const bound = (epochs: Home['epochs']): Home['epochs'] => ({
  open: (task) => epochs.open(task),
  commit: (epoch) => epochs.commit(epoch),
  readSnapshot: (task, epoch) => epochs.readSnapshot(task, epoch),
  peek: (prefix) => epochs.peek(prefix),
  forget: (task) => epochs.forget(task),
  release: (task) => epochs.release(task),
});

describe('epochBytes', () => {
  const commits = async (epochBytes: number) => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(200));
    const home = store.open();
    let withOutputs = 0;
    const commit: Home['epochs']['commit'] = (epoch) => {
      if (epoch.outputs.length > 0) withOutputs++;
      return home.epochs.commit(epoch);
    };
    const task = { batchRows: 10, epochTime: '1h', epochBytes };
    await start(totalsPipeline(), { home: { ...home, epochs: { ...bound(home.epochs), commit } }, drain: true, task }).done;
    expect(await valuesOf(store, 'totals')).toHaveLength(200);
    return withOutputs;
  };

  it('ends an epoch when so many bytes of outputs wait for it', async () => {
    expect(await commits(1)).toBeGreaterThanOrEqual(20);
    expect(await commits(1_000_000)).toBeLessThan(5);
  });
});

describe('guarantee', () => {
  const published = async (guarantee: 'exactlyOnce' | 'atLeastOnce') => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(40));
    const task = { batchRows: 10, epochRows: 20 };
    await expect(start(totalsPipeline(), { home: failingHome(store), drain: true, task, guarantee }).done).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    const before = (await valuesOf(store, 'totals')).length;
    const summary = await start(totalsPipeline(), { home: store.open(), drain: true, task, guarantee }).done;
    expect(summary.rowsIn).toBe(40);
    return { before, values: await valuesOf(store, 'totals') };
  };

  it('exactlyOnce publishes with the commit, and nothing twice', async () => {
    const { before, values } = await published('exactlyOnce');
    expect(before).toBe(20);
    expect(values).toHaveLength(40);
  });

  it('atLeastOnce publishes before the commit: the rows of a lost epoch again, with the same values', async () => {
    const exact = await published('exactlyOnce');
    const { before, values } = await published('atLeastOnce');
    expect(before).toBe(40);
    expect(values).toHaveLength(60);
    expect([...new Set(values)].sort()).toEqual([...new Set(exact.values)].sort());
  });
});

describe('a task that goes on after a kill', () => {
  it('commits its first turn at once, however long its epochs are', async () => {
    const store = memoryStore();
    const task = { epochTime: '1h', batchRows: 10 } as const;
    await killedAfter(2, store, { clock: slowClock(), task });
    await publish(store.open(), 'events', readings(1000, 20));
    const home = store.open();
    const commits: number[] = [];
    const { epochs } = home;
    const commit: typeof epochs.commit = async (epoch) => {
      commits.push(epoch.record.nextOrdinal);
      await epochs.commit(epoch);
    };
    await start(totalsPipeline(), { home: { ...home, epochs: { ...bound(epochs), commit } }, drain: true, task }).done;
    expect(commits[0]).toBe(30);
    expect(commits.length).toBeLessThanOrEqual(3);
  });
});

describe('a task that is taken over while it is being restored', () => {
  it('is fenced: its snapshot was dropped by the new owner, the store is not damaged', async () => {
    const store = memoryStore();
    await killedAfter(2, store, { clock: slowClock() });
    const home = store.open();
    const readSnapshot: Home['epochs']['readSnapshot'] = async (task, epoch) => {
      await publish(store.open(), 'events', readings(10, 20));
      await start(totalsPipeline(), { home: store.open(), drain: true, resumable: true }).done;
      return home.epochs.readSnapshot(task, epoch);
    };
    const epochs = { ...bound(home.epochs), readSnapshot };
    await expect(start(totalsPipeline(), { home: { ...home, epochs }, drain: true }).done).rejects.toMatchObject({ code: 'FENCED' });
    expect(await valuesOf(store, 'totals')).toHaveLength(30);
  });

  it('is told that the store is damaged when its snapshot is gone and nobody else has committed', async () => {
    const store = memoryStore();
    await killedAfter(2, store, { clock: slowClock() });
    const home = store.open();
    const epochs = { ...bound(home.epochs), readSnapshot: async () => undefined };
    await expect(start(totalsPipeline(), { home: { ...home, epochs }, drain: true }).done).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });
});

describe('a task that tries again after an error', () => {
  /** A home whose third commit is cut off: `meanwhile` happens before or after it has taken effect. */
  function cutHome(store: MemoryStore, takesEffect: boolean, meanwhile: () => Promise<unknown>): Home {
    const home = store.open();
    let commits = 0;
    const commit: Home['epochs']['commit'] = async (epoch) => {
      if (++commits !== 3) return home.epochs.commit(epoch);
      if (takesEffect) await home.epochs.commit(epoch);
      await meanwhile();
      throw new MillraceError('TIMEOUT', 'no answer', { retry: 'backoff' });
    };
    return { ...home, epochs: { ...bound(home.epochs), commit } };
  }

  const task = { batchRows: 10, epochRows: 10 };

  it('does not throw out another owner that has gone on meanwhile', async () => {
    for (const takesEffect of [false, true]) {
      const store = memoryStore();
      await publish(store.open(), 'events', readings(60));
      let successor: Run | undefined;
      const home = cutHome(store, takesEffect, async () => {
        successor = start(totalsPipeline(), { home: store.open(), task });
        await rowsCommitted(store, 60);
      });
      await expect(start(totalsPipeline(), { home, drain: true, task }).done).rejects.toMatchObject({
        code: 'FENCED',
        message: expect.stringContaining('taken over while it tried again'),
      });
      await expect(successor?.stop()).resolves.toMatchObject({ rowsIn: 60 });
      expect(await valuesOf(store, 'totals')).toHaveLength(60);
    }
  });

  it('goes on when nobody else has, whether its commit had taken effect or not', async () => {
    for (const takesEffect of [false, true]) {
      const store = memoryStore();
      await publish(store.open(), 'events', readings(60));
      const home = cutHome(store, takesEffect, async () => {});
      expect(await start(totalsPipeline(), { home, drain: true, task }).done).toMatchObject({ rowsIn: 60 });
      expect(await valuesOf(store, 'totals')).toHaveLength(60);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { type MemoryStore, memoryStore } from '../../connectors/index.ts';
import { createSavepoint, reproduce, start } from '../../pipeline/index.ts';
import { publish, readings, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

async function runAndStop(store: MemoryStore, rows: number): Promise<void> {
  const run = start(totalsPipeline(), { home: store.open(), task: { batchRows: 7 } });
  await rowsIn(run, rows);
  await run.stop();
}

/** Thirty rows, a savepoint, and thirty more. */
async function stored(): Promise<MemoryStore> {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(30));
  await runAndStop(store, 30);
  await createSavepoint(store.open(), 'totals', 'half');
  await publish(store.open(), 'events', readings(30, 30));
  await runAndStop(store, 60);
  return store;
}

/** Another total from the row on whose number since the beginning of the re-run is `row`. */
function disturbedAt(row: number) {
  let rows = 0;
  return totalsPipeline(() => (rows++ === row ? 1 : 0));
}

describe('reproduce', () => {
  it('says that a stretch comes out the same, from the beginning with its state', async () => {
    const store = await stored();
    expect(await reproduce(totalsPipeline(), store.open())).toEqual([
      {
        task: 'totals/0',
        base: 'the beginning',
        rows: { from: 0, to: 60 },
        records: 60,
        statesCompared: 2,
        differingRows: [],
        differingState: undefined,
        unjournaled: undefined,
      },
    ]);
  });

  it('begins at the newest stored state before the stretch', async () => {
    const store = await stored();
    const [half] = await reproduce(totalsPipeline(), store.open(), { from: 35 });
    expect(half).toMatchObject({ base: 'savepoint half', rows: { from: 30, to: 60 }, records: 30, statesCompared: 1, differingRows: [] });
    const [middle] = await reproduce(totalsPipeline(), store.open(), { from: 30, to: 47 });
    expect(middle).toMatchObject({
      base: 'savepoint half',
      rows: { from: 30, to: 47 },
      records: 17,
      statesCompared: 0,
      differingRows: [],
    });
    const [early] = await reproduce(totalsPipeline(), store.open(), { from: 10, to: 20 });
    expect(early).toMatchObject({ base: 'the beginning', rows: { from: 0, to: 20 }, differingRows: [] });
  });

  it('takes times for places', async () => {
    const store = await stored();
    const [result] = await reproduce(totalsPipeline(), store.open(), { to: { time: 12 } });
    expect(result).toMatchObject({ rows: { from: 0, to: 12 }, differingRows: [] });
  });

  it('names the first row that differs, and the step', async () => {
    const store = await stored();
    const [result] = await reproduce(disturbedAt(42), store.open());
    expect(result?.differingState).toEqual({ rows: { from: 30, to: 60 }, steps: ['runningTotal'], values: [] });
    expect(result?.differingRows).toEqual([
      expect.objectContaining({
        topic: 'totals',
        partition: 0,
        agreeing: 42,
        offset: 42,
        committed: (await valuesOf(store, 'totals'))[42],
      }),
    ]);
  });

  it('reproduces a run to its end, and changes nothing of it', async () => {
    const store = await stored();
    await start(totalsPipeline(), { home: store.open(), drain: true }).done;
    const before = await store.open().epochs.peek('');
    expect(await reproduce(totalsPipeline(), store.open())).toMatchObject([
      { statesCompared: 3, differingRows: [], differingState: undefined },
    ]);
    expect(await store.open().epochs.peek('')).toEqual(before);
    expect(await valuesOf(store, 'totals')).toHaveLength(60);
  });

  it('refuses what has never run', async () => {
    await expect(reproduce(totalsPipeline(), memoryStore().open())).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE' });
  });
});

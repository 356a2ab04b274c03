import { afterEach, describe, expect, test } from 'vitest';
import { type CommitRecord, type Home, type MemoryStore, memoryStore } from '../../connectors/index.ts';
import { resliceCheck, start } from '../../pipeline/index.ts';
import { provideTrainingThreads, type ThreadHabits } from '../models/networks/training-threads.ts';
import { publish, readings, valuesOf } from './example-pipelines.ts';
import { learningPipeline } from './learning-pipeline.ts';

let restore = () => {};
afterEach(() => restore());

/** Threads of this pace for all runs from now on. */
function pace(habits: ThreadHabits): void {
  restore();
  ({ restore } = provideTrainingThreads(habits));
}

/** No snapshot is ever taken: each start repeats everything. */
const REPEATING = { snapshotEvery: 1_000_000, snapshotAtStop: false, batchRows: 64 };

async function run(
  store: MemoryStore,
  beside: Parameters<typeof learningPipeline>[0],
  home: Home = store.open(),
  task: object = REPEATING,
) {
  const { steps } = await start(learningPipeline(beside), { home, drain: true, resumable: true, task }).done;
  return steps.learn as Readonly<Record<string, number>>;
}

const committed = async (store: MemoryStore) => (await store.open().epochs.peek('learning/'))[0] as CommitRecord;

/** A home that tells commit records otherwise than they were written. */
function retold(home: Home, change: (record: CommitRecord) => CommitRecord): Home {
  const epochs = new Proxy(home.epochs, {
    get: (target, name) => {
      if (name === 'open') return async (task: string) => target.open(task).then((record) => record && change(record));
      const own = target[name as keyof typeof target] as unknown;
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
  return { ...home, epochs };
}

describe('training beside ingestion, in a task', () => {
  test('gives the same records and state whatever the pace of the thread', async () => {
    const outcomes: unknown[] = [];
    for (const pause of [undefined, 0, 2]) {
      if (pause !== undefined) pace({ pause });
      const store = memoryStore();
      await publish(store.open(), 'events', readings(500));
      // The snapshot at the stop takes a digest, too.
      const counters = await run(store, { lag: 2 }, store.open(), { batchRows: 64 });
      outcomes.push({ counters, records: await valuesOf(store, 'forecasts'), digest: (await committed(store)).digest });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ counters: { trained: 62 } });
  });

  test.each([
    ['sample', 'sampledOut'],
    ['coalesce', 'coalesced'],
  ] as const)('with whenBehind %s, a re-run repeats from the journal what the clock had decided', async (whenBehind, counter) => {
    const beside = { lag: 2, whenBehind };
    const store = memoryStore();
    pace({ pause: 4 });
    await publish(store.open(), 'events', readings(600));
    const first = await run(store, beside);
    expect(first[counter]).toBeGreaterThan(10);
    const { journal } = await committed(store);
    expect(journal.length).toBe(first[counter]);
    expect(journal[0]).toMatchObject({ kind: 'answer:learn', value: expect.any(Number) });

    // A fast thread would decide otherwise. The re-run is compared with digest and records of the first.
    pace({ pause: 0 });
    await publish(store.open(), 'events', readings(400, 600));
    const second = await run(store, beside);
    expect(second[counter]).toBeGreaterThanOrEqual(first[counter] as number);
    expect(await valuesOf(store, 'forecasts')).toHaveLength(1000);
    expect((await committed(store)).journal.slice(0, journal.length)).toEqual(journal);

    // Without the journal the same re-run diverges, and the step is named.
    const forgetful = retold(store.open(), (record) => ({ ...record, journal: [] }));
    await expect(run(store, beside, forgetful)).rejects.toMatchObject({ code: 'DIVERGED', step: 'learn' });
  });

  test('accounts for every mini-batch, whatever becomes of it', async () => {
    pace({ pause: 4 });
    for (const whenBehind of ['sample', 'coalesce'] as const) {
      const store = memoryStore();
      await publish(store.open(), 'events', readings(600));
      const { labeled, trained = 0, sampledOut = 0, coalesced = 0 } = await run(store, { lag: 1, whenBehind });
      // Those put off last are still to be learned.
      const held = Math.floor((labeled as number) / 8) - trained - sampledOut;
      expect(held).toBeGreaterThanOrEqual(0);
      expect(held).toBeLessThanOrEqual(whenBehind === 'sample' ? 1 : 8);
      expect(sampledOut + coalesced).toBeGreaterThan(10);
    }
  });

  test('stops the run with step and cause when the thread fails', async () => {
    pace({ failAt: 4 });
    const store = memoryStore();
    await publish(store.open(), 'events', readings(500));
    await expect(run(store, { lag: 2 })).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      step: 'learn',
      message: expect.stringContaining('the step was made to fail'),
      cause: expect.any(Error),
    });
  });

  test('does not depend on how the input is cut', async () => {
    pace({ pause: 4 });
    const store = memoryStore();
    await publish(store.open(), 'events', readings(300));
    const { differences } = await resliceCheck(learningPipeline({ lag: 3, whenBehind: 'sample' }), store.open(), 300);
    expect(differences).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { type MemoryStore, memoryStore, topic } from '../../connectors/index.ts';
import {
  checkPipeline,
  createSavepoint,
  definePipeline,
  forgetTasks,
  listState,
  type RunOptions,
  readCells,
  readSavedTasks,
  readStateFile,
  start,
  writeSavedTasks,
  writeStateFile,
} from '../../pipeline/index.ts';
import { flow, type Operator, statefulOperator, step } from '../../streams/index.ts';
import { type EventColumns, event, publish, readings, runningTotal, summed, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

/** Counts rows and passes them on; `version` 2 keeps twice the number, and can take version 1 over when `migrates`. */
function counting({ version = 1, migrates = false } = {}): Operator<EventColumns, EventColumns> {
  return statefulOperator<EventColumns, EventColumns, { rows: number }>('counting', {
    version,
    ledger: { left: ['in'], right: ['out'] },
    create: () => ({ rows: 0 }),
    onBatch: (state, input) => {
      state.rows += input.batch.numRows * version;
      return input;
    },
    snapshot: (state, out) => {
      out.number(state.rows);
    },
    restore: (input) => ({ rows: input.number() }),
    ...(migrates ? { migrate: (input) => ({ rows: input.number() * 2 }) } : {}),
  });
}

function pipelineOf(...steps: readonly Operator<EventColumns, EventColumns>[]) {
  return definePipeline({
    name: 'totals',
    sources: { events: topic('events', { schema: event }) },
    sinks: { totals: topic('totals', { schema: summed }) },
    flow: ({ events }) => ({
      totals: flow(
        steps.reduce((stream, operator) => flow(stream, operator), events),
        runningTotal(),
      ),
    }),
  });
}

const plain = () => totalsPipeline();
const counted = (options = {}) => pipelineOf(step('count', {}, counting(options)));

/** Runs over the rows at hand and stops in order. */
async function runAndStop(store: MemoryStore, pipeline: ReturnType<typeof totalsPipeline>, rows: number, options: RunOptions = {}) {
  const run = start(pipeline, { home: store.open(), ...options });
  await rowsIn(run, rows);
  return run.stop();
}

async function stored(pipeline = plain(), rows = 30): Promise<MemoryStore> {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(rows));
  await runAndStop(store, pipeline, rows);
  return store;
}

const rowsCounted = async (store: MemoryStore) => {
  const [saved] = await readSavedTasks(store.open(), 'totals');
  const bytes = saved?.snapshot.cells.find(({ id }) => id === 'count')?.bytes as Uint8Array;
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
};

describe('a changed pipeline', () => {
  it('begins added steps without state, keeps the others, and says so', async () => {
    const store = await stored();
    await publish(store.open(), 'events', readings(30, 30));
    const notices: string[] = [];
    await runAndStop(store, counted(), 60, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual(['task totals/0: count began without state; the other steps keep theirs']);
    expect(await rowsCounted(store)).toBe(30);
    const whole = await stored(plain(), 60);
    expect(await valuesOf(store, 'totals')).toEqual(await valuesOf(whole, 'totals'));
  });

  it('drops state of removed steps only with consent', async () => {
    const store = await stored(counted());
    await expect(runAndStop(store, plain(), 30)).rejects.toMatchObject({
      code: 'STATE_INCOMPATIBLE',
      message: expect.stringContaining('count'),
      hint: expect.stringContaining('--allow-orphans'),
    });
    await publish(store.open(), 'events', readings(10, 30));
    const notices: string[] = [];
    const summary = await runAndStop(store, plain(), 40, { allowOrphans: true, onNotice: (notice) => notices.push(notice) });
    expect(notices[0]).toContain('dropped the state of count');
    expect(Object.keys(summary.steps)).not.toContain('count');
    expect(summary.rowsIn).toBe(40);
  });

  it('refuses state of another version, unless the step migrates it or begins anew', async () => {
    const store = await stored(counted());
    await expect(runAndStop(store, counted({ version: 2 }), 30)).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE', step: 'count' });
    await publish(store.open(), 'events', readings(5, 30));
    await runAndStop(store, counted({ version: 2, migrates: true }), 35);
    expect(await rowsCounted(store)).toBe(70);
    const other = await stored(counted());
    await publish(other.open(), 'events', readings(10, 30));
    await runAndStop(other, counted({ version: 2 }), 40, { resetSteps: ['count'] });
    expect(await rowsCounted(other)).toBe(20);
  });

  it('is checked against the stored state before it runs', async () => {
    const store = await stored(counted());
    const { warnings } = await checkPipeline(pipelineOf(step('other', {}, counting())), store.open());
    expect(warnings).toEqual([expect.stringContaining("state of step 'count'"), expect.stringContaining("step 'other' has no state")]);
    expect((await checkPipeline(counted(), store.open())).warnings).toEqual([]);
  });
});

describe('savepoints', () => {
  it('start a run again from where they were taken, once', async () => {
    const store = await stored();
    await createSavepoint(store.open(), 'totals', 'before');
    await publish(store.open(), 'events', readings(30, 30));
    await runAndStop(store, plain(), 60);
    const after = await valuesOf(store, 'totals');
    await expect(start(plain(), { home: store.open(), savepoint: 'before' }).done).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE' });
    await forgetTasks(store.open(), 'totals');
    await runAndStop(store, plain(), 60, { savepoint: 'before' });
    expect((await valuesOf(store, 'totals')).slice(60)).toEqual(after.slice(30));
    await publish(store.open(), 'events', readings(5, 60));
    const again = await start(plain(), { home: store.open(), savepoint: 'before', drain: true }).done;
    expect(again.rowsIn).toBe(65);
    expect(await valuesOf(store, 'totals')).toHaveLength(95);
  });

  it('of a run that goes on are its newest snapshot', async () => {
    const store = await stored();
    const run = start(plain(), { home: store.open(), task: { snapshotEvery: 1000 } });
    await publish(store.open(), 'events', readings(30, 30));
    await rowsIn(run, 60);
    const [saved] = await createSavepoint(store.open(), 'totals', 'live');
    expect(saved?.record).toMatchObject({ nextOrdinal: 30, digest: {} });
    await run.stop();
    await forgetTasks(store.open(), 'totals');
    expect(await start(plain(), { home: store.open(), savepoint: 'live', drain: true }).done).toMatchObject({ rowsIn: 60 });
  });

  it('that do not exist are refused', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(3));
    await expect(start(plain(), { home: store.open(), savepoint: 'none' }).done).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE' });
  });
});

describe('state files', () => {
  it('carry state to another home', async () => {
    const store = await stored();
    const text = writeStateFile('totals', await readSavedTasks(store.open(), 'totals'));
    const other = memoryStore();
    await publish(other.open(), 'events', readings(40));
    const { pipeline, tasks } = readStateFile(text, 'file');
    await writeSavedTasks(other.open(), pipeline, tasks);
    expect(await start(plain(), { home: other.open(), drain: true }).done).toMatchObject({ rowsIn: 40 });
    const whole = await stored(plain(), 40);
    expect(await valuesOf(other, 'totals')).toEqual((await valuesOf(whole, 'totals')).slice(30));
  });

  it('are refused when they are damaged or something else', async () => {
    const text = writeStateFile('totals', await readSavedTasks((await stored()).open(), 'totals'));
    const damaged = text.replace(/"bytes":"A/, '"bytes":"B');
    expect(damaged).not.toBe(text);
    expect(() => readStateFile(damaged, 'file')).toThrow(expect.objectContaining({ code: 'STORE_DAMAGED' }));
    for (const other of ['{', '{}', text.slice(0, -5), text.replace('"version":1', '"version":9')])
      expect(() => readStateFile(other, 'file')).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE' }));
  });
});

describe('reports', () => {
  it('list tasks and savepoints, and compare snapshots with their commit records', async () => {
    const store = await stored();
    await createSavepoint(store.open(), 'totals', 'one');
    const states = await listState(store.open());
    expect(states.map(({ task, pipeline, savepoint, rows }) => [task, pipeline, savepoint, rows])).toEqual([
      ['totals.savepoint.one/0', 'totals', 'one', 30],
      ['totals/0', 'totals', undefined, 30],
    ]);
    const cells = await readCells(store.open(), 'totals');
    expect(cells.map(({ step: id, verified }) => [id, verified])).toEqual([
      ['runningTotal', true],
      ['[ledger]', true],
      ['[watermarks]', true],
    ]);
  });
});

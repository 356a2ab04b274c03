import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { float64, schema } from '../../columnar/index.ts';
import { archive, type MemoryStore, memoryStore, parquet, type SourceDefinition, topic } from '../../connectors/index.ts';
import { definePipeline, handover, start, systemClock } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { type EventColumns, event, publish, readings, runningTotal, summed, totalsPipeline, valuesOf } from './example-pipelines.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const events = topic('events', { schema: event });

/** The first `rows` readings, archived as Parquet by a pipeline. */
async function historyOf(rows: number): Promise<SourceDefinition<EventColumns>> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-handover-'));
  folders.push(folder);
  const store = memoryStore();
  await publish(store.open(), 'events', readings(rows));
  const pipeline = definePipeline({
    name: 'archiving',
    sources: { events },
    sinks: { archive: archive(folder, { schema: event }) },
    flow: (streams) => ({ archive: streams.events }),
  });
  await start(pipeline, { home: store.open(), drain: true }).done;
  return parquet(folder, { schema: event, decodeIn: 'caller' });
}

const totalsAfter = (history: SourceDefinition<EventColumns>, at: number) =>
  definePipeline({
    name: 'totals',
    sources: { events: handover(history, events, { at }) },
    sinks: { totals: topic('totals', { schema: summed }) },
    flow: (streams) => ({ totals: flow(streams.events, runningTotal()) }),
  });

async function wholeRun(rows: number): Promise<readonly string[]> {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(rows));
  await start(totalsPipeline(), { home: store.open(), drain: true }).done;
  return valuesOf(store, 'totals');
}

async function liveStore(rows: number): Promise<MemoryStore> {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(rows));
  await store.open().topics.ensure('totals', { partitions: 1 });
  return store;
}

describe('handover', () => {
  it('reads the history, then the topic from the offset on, as one stream', async () => {
    const store = await liveStore(60);
    const summary = await start(totalsAfter(await historyOf(40), 40), { home: store.open(), drain: true }).done;
    expect(summary.rowsIn).toBe(60);
    expect(await valuesOf(store, 'totals')).toEqual(await wholeRun(60));
  });

  it('goes on after a kill wherever it was: within the history, and within the topic', async () => {
    const expected = await wholeRun(80);
    for (const published of [7, 40, 60]) {
      const store = await liveStore(60);
      const pipeline = totalsAfter(await historyOf(40), 40);
      // Snapshots look dear, so that the re-run begins in the history.
      let elapsed = 0;
      const clock = { ...systemClock, elapsed: () => (elapsed += 1000) };
      const run = start(pipeline, { home: store.open(), clock, task: { batchRows: 7, epochRows: 7 } });
      while ((await valuesOf(store, 'totals')).length < published) await new Promise(setImmediate);
      await store.open().epochs.open('totals/0');
      // Fenced, unless it had nothing to commit.
      await run.stop().catch(() => {});
      await publish(store.open(), 'events', readings(20, 60));
      expect(await start(pipeline, { home: store.open(), drain: true, task: { batchRows: 5 } }).done).toMatchObject({ rowsIn: 80 });
      expect(await valuesOf(store, 'totals')).toEqual(expected);
    }
  });

  it('refuses a history with other columns, offsets that are none, and unequal partitions', async () => {
    const history = await historyOf(5);
    const other = topic('events', { schema: schema({ value: float64() }) });
    const pipeline = definePipeline({
      name: 'totals',
      sources: { events: handover(history as never, other, { at: 5 }) },
      sinks: { copy: topic('copy', { schema: other.schema }) },
      flow: (streams) => ({ copy: streams.events }),
    });
    await expect(start(pipeline, { home: memoryStore().open(), drain: true }).done).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH' });
    expect(() => handover(history, events, { at: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    const two = memoryStore();
    await two.open().topics.ensure('events', { partitions: 2 });
    await expect(start(totalsAfter(history, 5), { home: two.open(), drain: true }).done).rejects.toMatchObject({
      code: 'INVALID_PIPELINE',
    });
  });
});

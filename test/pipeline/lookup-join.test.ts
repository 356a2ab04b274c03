/** lookupJoin against tables from elsewhere: a Parquet file, and a function that is asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ColumnsOf,
  category,
  categoryData,
  float64,
  float64Data,
  makeBatch,
  required,
  schema,
  timestamp,
  utf8,
  utf8Data,
} from '../../columnar/index.ts';
import { type MemoryStore, memoryStore, parquet, topic } from '../../connectors/index.ts';
import { globalTable, lookupAsync, lookupJoin } from '../../operators/index.ts';
import { definePipeline, start, systemClock } from '../../pipeline/index.ts';
import { flow, step } from '../../streams/index.ts';
import { writeSample } from '../connectors/parquet/sample-files.ts';
import { event, publish, readings, records, valuesOf } from './example-pipelines.ts';

const placed = schema(
  { sensor: required(category()), at: timestamp(), value: float64(), place: utf8() },
  { eventTime: 'at', key: 'sensor' },
);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const rowsIn = async (store: MemoryStore) =>
  (await valuesOf(store, 'out')).map((text) => JSON.parse(text) as { sensor: string; value: number; place: string | null });

describe('lookupJoin against a Parquet file', () => {
  const sensors = schema({ id: required(category()), place: utf8() });

  it('finds the whole file, whatever the order of opening: rows without an event time come first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-lookup-'));
    folders.push(folder);
    const file = join(folder, 'sensors.parquet');
    writeSample(file, makeBatch(sensors, [categoryData(Int32Array.of(0, 1), ['s0', 's2']), utf8Data(['roof', 'yard'])]));
    const pipeline = definePipeline({
      name: 'placing',
      sources: { events: topic('events', { schema: event }), sensors: parquet(file, { schema: sensors }) },
      sinks: { out: topic('out', { schema: placed }) },
      flow: (streams) => ({
        out: flow(streams.events, lookupJoin(globalTable(streams.sensors, { key: 'id' }), { key: 'sensor', columns: ['place'] })),
      }),
    });
    const store = memoryStore();
    await publish(store.open(), 'events', readings(7));
    const summary = await start(pipeline, { home: store.open(), drain: true, task: { batchRows: 2 } }).done;
    expect(summary).toMatchObject({ rowsIn: 9, ended: true });
    expect((await rowsIn(store)).map(({ place }) => place ?? null)).toEqual(['roof', null, 'yard', 'roof', null, 'yard', 'roof']);
  });
});

describe('lookupAsync', () => {
  const answers = schema({ place: utf8(), height: float64() });
  type Answers = ColumnsOf<typeof answers>;

  /** A directory whose answers tell the question, as answers from outside may differ from time to time. */
  class Directory {
    readonly asked: (readonly string[])[] = [];
    readonly #fails: (keys: readonly string[]) => boolean;

    constructor(fails: (keys: readonly string[]) => boolean = () => false) {
      this.#fails = fails;
    }

    readonly ask = async (keys: readonly string[]) => {
      const question = this.asked.push(keys);
      await new Promise((resolve) => setTimeout(resolve, question % 2));
      if (this.#fails(keys)) throw new Error('the directory says no');
      return makeBatch<Answers>(answers, [utf8Data(keys.map((key) => `${key}@${question}`)), float64Data(new Float64Array(keys.length))]);
    };
  }

  const placing = (directory: Directory, options: { ttl?: '3s'; size?: number; rows?: number; onError?: 'stop' | 'reject' } = {}) => {
    const { onError = 'stop', ...rest } = options;
    return definePipeline({
      name: 'asking',
      sources: { events: topic('events', { schema: event }) },
      sinks: { out: topic('out', { schema: placed }) },
      flow: ({ events }) => ({
        out: flow(
          events,
          step(
            'places',
            { onError },
            lookupAsync(directory.ask, { key: 'sensor', schema: answers, columns: ['place'], concurrency: 1, ...rest }),
          ),
        ),
      }),
    });
  };

  const run = async (directory: Directory, options: Parameters<typeof placing>[1] = {}, batchRows = 4096) => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(12));
    const summary = await start(placing(directory, options), { home: store.open(), drain: true, task: { batchRows } }).done;
    return { summary, rows: await rowsIn(store), store };
  };

  it('asks once per key, and adds the answers to the rows in their order', async () => {
    const directory = new Directory();
    const { summary, rows } = await run(directory, { rows: 4 });
    expect(directory.asked).toEqual([['s0', 's1', 's2']]);
    expect(rows.map(({ sensor, place }) => [sensor, place])).toEqual(Array.from({ length: 12 }, (_, i) => [`s${i % 3}`, `s${i % 3}@1`]));
    expect(summary.steps.places).toEqual({ in: 12, out: 12 });
  });

  it('asks again after the time to live, counted in event time, and when there are more keys than are kept', async () => {
    const aged = new Directory();
    // Sensors report every third second: an answer serves two rows.
    await run(aged, { ttl: '3s', rows: 1 });
    expect(aged.asked.flat().filter((key) => key === 's0').length).toBe(2);
    const crowded = new Directory();
    await run(crowded, { size: 2, rows: 1 });
    expect(crowded.asked.length).toBe(12);
  });

  it('repeats the answers of committed epochs after a crash instead of asking again', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(0));
    await store.open().topics.ensure('out', { partitions: 1 });
    // Digests and snapshots look dear, so that the re-run covers several epochs.
    let elapsed = 0;
    const clock = { ...systemClock, elapsed: () => (elapsed += 1000) };
    const live = start(placing(new Directory(), { size: 0, rows: 2 }), { home: store.open(), clock });
    for (let chunk = 0; chunk < 3; chunk++) {
      await publish(store.open(), 'events', readings(6, chunk * 6));
      while ((await valuesOf(store, 'out')).length < (chunk + 1) * 6) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await store.open().epochs.open('asking/0');
    await expect(live.stop()).rejects.toMatchObject({ code: 'FENCED' });
    const before = await rowsIn(store);
    const again = new Directory();
    await publish(store.open(), 'events', readings(3, 18));
    await start(placing(again, { size: 0, rows: 2 }), { home: store.open(), drain: true, task: { batchRows: 5 } }).done;
    expect(again.asked.flat()).toEqual(['s0', 's1', 's2']);
    expect((await rowsIn(store)).slice(0, 18)).toEqual(before);
  });

  it('gives null keys nulls without asking', async () => {
    const store = memoryStore();
    const optional = schema({ sensor: category(), at: timestamp(), value: float64() }, { eventTime: 'at' });
    const out = schema({ sensor: category(), at: timestamp(), value: float64(), place: utf8() }, { eventTime: 'at' });
    await publish(store.open(), 'events', records(['{"at":1,"value":1}', '{"sensor":"a","at":2,"value":2}']));
    const directory = new Directory();
    const pipeline = definePipeline({
      name: 'nulls',
      sources: { events: topic('events', { schema: optional }) },
      sinks: { out: topic('out', { schema: out }) },
      flow: ({ events }) => ({ out: flow(events, lookupAsync(directory.ask, { key: 'sensor', schema: answers, columns: ['place'] })) }),
    });
    await start(pipeline, { home: store.open(), drain: true, task: { batchRows: 1 } }).done;
    expect(directory.asked).toEqual([['a']]);
    expect((await rowsIn(store)).map(({ place }) => place ?? null)).toEqual([null, 'a@1']);
  });

  it('under reject, rejects the rows whose question fails alone and keeps the others in step', async () => {
    const directory = new Directory((keys) => keys.includes('s1'));
    const { summary, rows } = await run(directory, { onError: 'reject', rows: 4 }, 5);
    expect(summary.steps.places).toEqual({ in: 12, out: 8, rejected: 4 });
    expect(rows.map(({ sensor, place }) => `${sensor} ${place?.split('@')[0]}`)).toEqual(
      Array.from({ length: 12 }, (_, i) => `s${i % 3} s${i % 3}`).filter((text) => !text.startsWith('s1')),
    );
  });

  it('refuses another number of rows, and columns that the answers do not have', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(3));
    const short = {
      ask: async () => makeBatch<Answers>(answers, [utf8Data([]), float64Data(new Float64Array(0))]),
    } as unknown as Directory;
    await expect(start(placing(short), { home: store.open(), drain: true }).done).rejects.toMatchObject({
      message: expect.stringContaining('1 keys were asked about, 0 rows answered'),
    });
    expect(() =>
      lookupAsync(async () => makeBatch(answers, []), { key: 'sensor' as never, schema: answers, columns: ['area' as never] }),
    ).toThrow("the schema of the answers has no column 'area'");
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Home, type MemoryStore, memoryStore, topic } from '../../connectors/index.ts';
import { checkPipeline, definePipeline, type RunOptions, readRejected, resliceCheck, start } from '../../pipeline/index.ts';
import { jsonRecords, simulate } from '../../pipeline/testing.ts';
import { flow, MillraceError } from '../../streams/index.ts';
import { event, runningTotal, summed, valuesOf } from './example-pipelines.ts';

interface Row {
  readonly sensor: string;
  readonly at: number;
  readonly value: number;
}

const listed = (names: readonly string[] | RegExp, partitions = 1) =>
  definePipeline({
    name: 'listed',
    sources: { events: topic(names, { schema: event, allowedLateness: 50, partitions }) },
    sinks: { totals: topic('events-totals', { schema: summed }) },
    flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
  });

async function publishRows(home: Home, name: string, rows: readonly Row[]): Promise<void> {
  await home.topics.ensure(name, { partitions: 1 });
  await home.topics.append(name, 0, jsonRecords(rows as never, { timestamp: 'at' }));
}

/** Rows of one sensor at these times; the value tells topic and place. */
const rowsAt = (base: number, times: readonly number[]): readonly Row[] => times.map((at, i) => ({ sensor: 's', at, value: base + i }));

const drained = (store: MemoryStore, names: readonly string[] | RegExp, options: RunOptions = {}) =>
  start(listed(names), { home: store.open(), drain: true, resumable: true, ...options }).done;

const order = async (store: MemoryStore) => (await valuesOf(store, 'events-totals')).map((value) => (JSON.parse(value) as Row).value);
const digest = async (store: MemoryStore) => (await store.open().epochs.peek('listed/'))[0]?.digest;

describe('an input of several topics', () => {
  it('is one stream by event time, then topic, then offset, with one watermark', async () => {
    const store = memoryStore();
    await publishRows(store.open(), 'events-b', rowsAt(200, [10, 30, 30, 90]));
    await publishRows(store.open(), 'events-a', rowsAt(100, [20, 30, 80]));
    const summary = await drained(store, ['events-b', 'events-a']);
    expect(summary).toMatchObject({ rowsIn: 7 });
    expect(await order(store)).toEqual([200, 100, 101, 201, 202, 102, 203]);
    const [record] = await store.open().epochs.peek('listed/');
    expect(record?.positions).toEqual({ events: { 'events-a': 3, 'events-b': 4 } });
  });

  it('gives the same rows and state however it is cut', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(fc.array(times, { minLength: 2, maxLength: 3 }), async (topics) => {
        const outcomes: unknown[] = [];
        for (const batchRows of [4096, 1, 3]) {
          const store = memoryStore();
          for (const [number, rows] of topics.entries()) await publishRows(store.open(), `t${number}`, rowsAt(100 * number, rows));
          await drained(store, /t\d/, { task: { batchRows } });
          outcomes.push({ rows: await valuesOf(store, 'events-totals').catch(() => []), digest: await digest(store) });
        }
        expect(outcomes[1]).toEqual(outcomes[0]);
        expect(outcomes[2]).toEqual(outcomes[0]);
      }),
      { numRuns: 6 },
    );
  });

  it('passes the re-slicing check of the command line, and says what it reads', async () => {
    const home = memoryStore().open();
    await publishRows(home, 'events-a', rowsAt(100, [20, 30, 80]));
    await publishRows(home, 'events-b', rowsAt(200, [10, 30, 30, 90]));
    expect(await resliceCheck(listed(/events-./), home, 100)).toMatchObject({ rows: 7, differences: [] });
    expect((await checkPipeline(listed(/events-./))).sources[0]?.from).toBe('topics /events-./ (json)');
  });

  it('repeats after a failure what it has committed, also when topics have joined in between', async () => {
    const store = memoryStore();
    await publishRows(store.open(), 'events-b', rowsAt(200, [10, 30, 50]));
    // One snapshot at the beginning and none later: a restart repeats everything since.
    const task = { snapshotEvery: 1000, snapshotAtStop: false };
    await drained(store, /events-./, { task });
    await publishRows(store.open(), 'events-a', rowsAt(100, [5, 20, 60]));
    await publishRows(store.open(), 'events-b', rowsAt(300, [55, 70]));
    await drained(store, /events-./, { task });
    const before = await order(store);
    expect(before.toSorted()).toEqual([100, 101, 102, 200, 201, 202, 300, 301]);
    await publishRows(store.open(), 'events-c', rowsAt(400, [80]));
    await drained(store, /events-./, { task });
    expect(await order(store)).toEqual([...before, 400]);
    await drained(store, /events-./, { task });
    expect(await order(store)).toEqual([...before, 400]);
  });

  it('loses a topic that is deleted, unless its rows have to be repeated', async () => {
    const store = memoryStore();
    await publishRows(store.open(), 'events-a', rowsAt(100, [20, 30]));
    await publishRows(store.open(), 'events-b', rowsAt(200, [10, 40]));
    await drained(store, /events-./);
    await store.open().topics.remove('events-b');
    await publishRows(store.open(), 'events-a', rowsAt(300, [50]));
    await drained(store, /events-./);
    expect(await order(store)).toEqual([200, 100, 101, 201, 300]);
    expect((await store.open().epochs.peek('listed/'))[0]?.positions).toEqual({ events: { 'events-a': 3 } });
    const unrepeated = { task: { snapshotEvery: 1000, snapshotAtStop: false } };
    await publishRows(store.open(), 'events-b', rowsAt(500, [60]));
    await drained(store, /events-./, unrepeated);
    await store.open().topics.remove('events-b');
    await expect(drained(store, /events-./, unrepeated)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: "topic 'events-b' is no input any more, but its records 0 to 0 have to be read again",
    });
  });

  it('is left as one topic and found as several', async () => {
    const store = memoryStore();
    await publishRows(store.open(), 'events-a', rowsAt(100, [20, 30]));
    const single = definePipeline({
      ...listed(['events-a']),
      sources: { events: topic('events-a', { schema: event, allowedLateness: 50 }) },
    } as never);
    await start(single, { home: store.open(), drain: true, resumable: true, task: { snapshotEvery: 1000, snapshotAtStop: false } }).done;
    await publishRows(store.open(), 'events-b', rowsAt(200, [40]));
    await drained(store, ['events-a', 'events-b']);
    expect(await order(store)).toEqual([100, 101, 200]);
  });

  it('is refused with unequal partitions, without a match, and with names that are none', async () => {
    const home = memoryStore().open();
    await expect(start(listed(/events-.*/), { home, drain: true }).done).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await home.topics.ensure('events-a', { partitions: 1 });
    await home.topics.ensure('events-b', { partitions: 2 });
    await expect(start(listed(/events-.*/), { home, drain: true }).done).rejects.toMatchObject({
      code: 'INVALID_PIPELINE',
      message: 'the inputs have unequal partition counts: events-a has 1, events-b has 2',
    });
    for (const names of [[], ['a', 'a'], ['not a name']]) {
      expect(() => topic(names, { schema: event })).toThrowError(MillraceError);
    }
  });

  it('names the topic of a record that cannot be read', async () => {
    const store = memoryStore();
    await publishRows(store.open(), 'events-a', rowsAt(100, [20]));
    await publishRows(store.open(), 'events-b', ['{"sensor":' as never, ...rowsAt(200, [10])]);
    expect(await drained(store, /events-./)).toMatchObject({ rowsIn: 3, rowsRejected: 1 });
    const { value: rejects } = await readRejected(store.open(), 'listed.rejects', 0, 0, 1).next();
    expect(rejects?.records[0]?.origin).toEqual({ topic: 'events-b', partition: 0, offset: 0 });
  });

  it('creates the topics of a list that are missing', async () => {
    const store = memoryStore();
    await drained(store, ['x', 'y']);
    expect(await store.open().topics.names()).toEqual(['events-totals', 'listed.journal', 'listed.rejects', 'x', 'y']);
  });

  it('comes through simulated faults', { timeout: 60_000 }, async () => {
    const rows = (base: number) =>
      jsonRecords(
        rowsAt(
          base,
          Array.from({ length: 60 }, (_, i) => i * 7 + (base % 5)),
        ) as never,
        { timestamp: 'at' },
      );
    const report = await simulate(listed(['a', 'b', 'c']), {
      inputs: { a: [rows(100)], b: [rows(203)], c: [rows(304)] } as never,
      seeds: 10,
    });
    expect(report.runs).toBe(10);
  });
});

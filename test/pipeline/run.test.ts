import { describe, expect, it } from 'vitest';
import { decodeHeaders, memoryStore } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { publish, readings, records, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const drained = { drain: true } as const;

describe('start', () => {
  it('runs a pipeline to the end of its input and sums up committed state', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(100));
    const summary = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    expect(summary).toMatchObject({ rowsIn: 100, rowsRejected: 0, ended: true, alreadyEnded: false });
    const values = await valuesOf(store, 'totals');
    expect(values).toHaveLength(100);
    expect(JSON.parse(values.at(-1) as string)).toMatchObject({ sensor: 's0', value: 9, total: 153 });
  });

  it('does nothing when the run had ended, and gives the same summary', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(50));
    const first = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    const second = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    expect(second).toEqual({ ...first, alreadyEnded: true });
    expect(await valuesOf(store, 'totals')).toHaveLength(50);
  });

  it('begins anew with fresh', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(50));
    await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    const again = await start(totalsPipeline(), { ...drained, fresh: true, home: store.open() }).done;
    expect(again).toMatchObject({ rowsIn: 50, alreadyEnded: false });
    expect(await valuesOf(store, 'totals')).toHaveLength(50);
  });

  it('sends what cannot be decoded, and what a step rejects, to the rejects topic in stream order with bytes and origin', async () => {
    const store = memoryStore();
    const good = '{"sensor":"s1","at":1,"value":1}';
    const bad = ['{"sensor":', '{"sensor":"s1","value":1}', '{"sensor":"s1","at":1,"value":-5}', 'x'.repeat(10)];
    await publish(store.open(), 'events', records([good, bad[0] as string, bad[1] as string, bad[2] as string, good, bad[3] as string]));
    const summary = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    expect(summary).toMatchObject({ rowsIn: 6, rowsRejected: 4 });
    expect(await valuesOf(store, 'totals.rejects')).toEqual(bad);
    const block = await store.open().topics.read('totals.rejects', 0, 0, 1e6);
    const headers = Array.from({ length: block.count }, (_, i) => {
      const from = block.headersStart[i] as number;
      const list = decodeHeaders(block.bytes.subarray(from, from + (block.headersLength[i] as number)));
      return Object.fromEntries(list.map(({ key, value }) => [key, new TextDecoder().decode(value ?? undefined)]));
    });
    expect(headers.map((header) => [header['millrace.step'], header['millrace.topic'], header['millrace.offset']])).toEqual([
      ['decode', 'events', '1'],
      ['decode', 'events', '2'],
      ['runningTotal', 'events', '3'],
      ['decode', 'events', '5'],
    ]);
    expect(headers[1]?.['millrace.reason']).toContain("'at'");
  });

  it('stops with a commit, and goes on from there', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(30));
    const run = start(totalsPipeline(), { home: store.open() });
    await rowsIn(run, 30);
    expect(await run.stop()).toMatchObject({ rowsIn: 30, ended: false });
    await publish(store.open(), 'events', readings(30, 30));
    const summary = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    expect(summary.rowsIn).toBe(60);
    const whole = memoryStore();
    await publish(whole.open(), 'events', readings(60));
    await start(totalsPipeline(), { ...drained, home: whole.open() }).done;
    expect(await valuesOf(store, 'totals')).toEqual(await valuesOf(whole, 'totals'));
  });

  it('names the step whose state depends on more than its rows', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(40));
    let clock = 0;
    const disturbed = totalsPipeline(() => clock++);
    const task = { batchRows: 10, epochRows: 10, snapshotEvery: 100, snapshotAtStop: false };
    const run = start(disturbed, { home: store.open(), task });
    await rowsIn(run, 40);
    await run.stop();
    await expect(start(disturbed, { ...drained, home: store.open(), task }).done).rejects.toMatchObject({
      code: 'DIVERGED',
      step: 'runningTotal',
    });
  });

  it('re-runs the epochs since the snapshot with sinks muted', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(40));
    const task = { batchRows: 7, epochRows: 10, snapshotEvery: 2, snapshotAtStop: false };
    const run = start(totalsPipeline(), { home: store.open(), task });
    await rowsIn(run, 40);
    await run.stop();
    const [record] = await store.open().epochs.peek('totals/');
    expect(record?.epoch).not.toBe(record?.snapshotEpoch);
    const summary = await start(totalsPipeline(), { ...drained, home: store.open() }).done;
    expect(summary.rowsIn).toBe(40);
    expect(await valuesOf(store, 'totals')).toHaveLength(40);
  });

  it('refuses state of another pipeline, naming the steps', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(10));
    const run = start(totalsPipeline(), { home: store.open(), task: { snapshotEvery: 1 } });
    await rowsIn(run, 10);
    await run.stop();
    const { sources } = totalsPipeline();
    const changed = definePipeline({
      name: 'totals',
      sources,
      sinks: { copy: { ...(sources.events as never as object), name: 'copy' } as never },
      flow: ({ events }) => ({ copy: events as never }),
    });
    await expect(start(changed, { ...drained, home: store.open() }).done).rejects.toMatchObject({
      code: 'STATE_INCOMPATIBLE',
      message: expect.stringContaining('runningTotal'),
    });
  });

  it('fences an older owner of its tasks', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(10));
    const old = start(totalsPipeline(), { home: store.open() });
    await rowsIn(old, 10);
    const young = start(totalsPipeline(), { home: store.open() });
    await rowsIn(young, 10);
    await publish(store.open(), 'events', readings(5, 10));
    await expect(old.done).rejects.toMatchObject({ code: 'FENCED' });
    await young.stop();
    expect(await valuesOf(store, 'totals')).toHaveLength(15);
  });
});

describe('a resumable run', () => {
  it('stops when its inputs have been read, and the next one goes on', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(20));
    const options = { ...drained, resumable: true };
    expect(await start(totalsPipeline(), { ...options, home: store.open() }).done).toMatchObject({ rowsIn: 20, ended: false });
    await publish(store.open(), 'events', readings(5, 20));
    expect(await start(totalsPipeline(), { ...options, home: store.open() }).done).toMatchObject({ rowsIn: 25, ended: false });
    expect(await valuesOf(store, 'totals')).toHaveLength(25);
  });
});

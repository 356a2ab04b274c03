import { describe, expect, it } from 'vitest';
import { type Batch, float64Data, numberView, withColumns } from '../../columnar/index.ts';
import { type MemoryStore, memoryStore, topic } from '../../connectors/index.ts';
import { checkPipeline, definePipeline, start, systemClock } from '../../pipeline/index.ts';
import { flow, mapAsync, mapBatch, type OnError, step, union } from '../../streams/index.ts';
import { type EventColumns, event, publish, readings, valuesOf } from './example-pipelines.ts';

type Rows = Batch<EventColumns>;

/** A service whose every answer holds the number of the call, as answers from outside may differ from time to time. Later questions are answered sooner. */
class Service {
  calls = 0;
  under = 0;
  most = 0;
  readonly #bad: (value: number) => boolean;

  constructor(bad: (value: number) => boolean = () => false) {
    this.#bad = bad;
  }

  readonly ask = async (batch: Rows): Promise<Rows> => {
    const call = ++this.calls;
    this.most = Math.max(this.most, ++this.under);
    await new Promise((resolve) => setTimeout(resolve, 6 - (call % 3) * 3));
    this.under--;
    if ([...numberView(batch, 'value').values].some(this.#bad)) throw new Error('the service says no');
    return plus(batch, call * 1000);
  };
}

const plus = (batch: Rows, add: number): Rows =>
  withColumns(batch, { value: float64Data(Float64Array.from(numberView(batch, 'value').values, (value) => value + add)) }) as never;

function askingPipeline(ask: (batch: Rows) => Promise<Rows>, options: { readonly onError?: OnError; readonly concurrency?: number } = {}) {
  const { onError = 'stop', concurrency = 3 } = options;
  return definePipeline({
    name: 'asking',
    sources: { events: topic('events', { schema: event }) },
    sinks: { out: topic('out', { schema: event }) },
    flow: ({ events }) => ({
      out: flow(events, step('ask', { onError }, mapAsync('ask', ask, { schema: event, concurrency, rows: 4 }))),
    }),
  });
}

const valuesIn = async (store: MemoryStore, name = 'out') =>
  (await valuesOf(store, name)).map((text) => (JSON.parse(text) as { value: number }).value);

describe('mapAsync', () => {
  it('keeps the order of rows, with as many questions under way as allowed', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(30));
    const service = new Service();
    const summary = await start(askingPipeline(service.ask), { home: store.open(), drain: true }).done;
    const values = await valuesIn(store);
    expect(values.map((value) => value % 1000)).toEqual(Array.from({ length: 30 }, (_, i) => i % 10));
    expect(service.most).toBe(3);
    expect(service.calls).toBe(8);
    expect(summary.steps.ask).toEqual({ in: 30, out: 30 });
  });

  it('repeats the answers of committed epochs after a crash instead of asking again, however the re-run is cut', async () => {
    const store = memoryStore();
    const live = new Service();
    await publish(store.open(), 'events', readings(0));
    await store.open().topics.ensure('out', { partitions: 1 });
    // Digests and snapshots look dear, so that the re-run covers several epochs.
    let elapsed = 0;
    const clock = { ...systemClock, elapsed: () => (elapsed += 1000) };
    const run = start(askingPipeline(live.ask), { home: store.open(), clock });
    for (let chunk = 0; chunk < 4; chunk++) {
      await publish(store.open(), 'events', readings(10, chunk * 10));
      while ((await valuesOf(store, 'out')).length < (chunk + 1) * 10) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await store.open().epochs.open('asking/0');
    await expect(run.stop()).rejects.toMatchObject({ code: 'FENCED' });
    const before = await valuesIn(store);
    await publish(store.open(), 'events', readings(4, 40));
    const again = new Service();
    const summary = await start(askingPipeline(again.ask), { home: store.open(), drain: true, task: { batchRows: 3 } }).done;
    expect(summary.rowsIn).toBe(44);
    expect(again.calls).toBe(2);
    const after = await valuesIn(store);
    expect(after.slice(0, 40)).toEqual(before);
    expect(after.slice(40).map((value) => value % 1000)).toEqual([0, 1, 2, 3]);
  });

  it('names the step and the row of a question that fails', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(30));
    const service = new Service((value) => value === 7);
    await expect(start(askingPipeline(service.ask), { home: store.open(), drain: true }).done).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      step: 'ask',
      message: 'the service says no',
      origin: { offset: 7 },
    });
  });

  it('under reject asks again row by row, and rejects the rows that fail alone', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(20));
    const service = new Service((value) => value === 7);
    const summary = await start(askingPipeline(service.ask, { onError: 'reject' }), { home: store.open(), drain: true }).done;
    expect(summary.steps.ask).toEqual({ in: 20, out: 18, rejected: 2 });
    expect((await valuesIn(store)).map((value) => value % 1000)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9, 0, 1, 2, 3, 4, 5, 6, 8, 9]);
    expect((await valuesOf(store, 'asking.rejects')).map((text) => (JSON.parse(text) as { value: number }).value)).toEqual([7, 7]);
  });

  it('refuses another number of rows', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(3));
    const short = async (batch: Rows) => batch.slice(1) as Rows;
    await expect(start(askingPipeline(short), { home: store.open(), drain: true }).done).rejects.toMatchObject({
      message: expect.stringContaining('1 rows were asked about, 0 answered'),
    });
  });

  it('meets what came another way at a union, in order', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(9));
    const service = new Service();
    const pipeline = definePipeline({
      name: 'asking',
      sources: { events: topic('events', { schema: event }) },
      sinks: { out: topic('out', { schema: event }) },
      flow: ({ events }) => ({
        out: union(
          flow(events, mapAsync('ask', service.ask, { schema: event, rows: 2 })),
          flow(
            events,
            mapBatch('half', (batch: Rows) => plus(batch, 0.5)),
          ),
        ),
      }),
    });
    await start(pipeline, { home: store.open(), drain: true }).done;
    expect((await valuesIn(store)).map((value) => value % 1000)).toEqual(Array.from({ length: 9 }, (_, i) => [i, i + 0.5]).flat());
  });

  it('is not asked by a check', async () => {
    const service = new Service();
    const { steps } = await checkPipeline(askingPipeline(service.ask));
    expect(steps[0]?.schema).toHaveLength(3);
    expect(service.calls).toBe(0);
  });
});

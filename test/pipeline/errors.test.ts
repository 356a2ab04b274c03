import { describe, expect, it } from 'vitest';
import { type Batch, float64Data, numberView, withColumns } from '../../columnar/index.ts';
import { memoryStore, topic } from '../../connectors/index.ts';
import { definePipeline, start, systemClock, type TaskClock } from '../../pipeline/index.ts';
import { flow, mapBatch, type OnError, type Operator, statefulOperator, step } from '../../streams/index.ts';
import { type EventColumns, event, publish, readings, valuesOf } from './example-pipelines.ts';

/** Adds up values; throws, with its state half changed, at every row whose instant is in `bad`. */
function fragileTotal(bad: (at: number) => boolean): Operator<EventColumns, EventColumns> {
  return statefulOperator<EventColumns, EventColumns, { total: number }>('fragile', {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => ({ total: 0 }),
    onBatch: (state, input) => {
      const values = numberView(input.batch, 'value').values;
      const sums = new Float64Array(input.batch.numRows);
      for (let row = 0; row < sums.length; row++) {
        state.total += values[row] as number;
        if (bad(input.ordinal[row] as number)) throw new Error(`row ${input.ordinal[row]} is bad`);
        sums[row] = state.total;
      }
      return { ...input, batch: withColumns(input.batch, { value: float64Data(sums) }) as Batch<EventColumns> };
    },
    snapshot: (state, out) => {
      out.number(state.total);
    },
    restore: (input) => ({ total: input.number() }),
  });
}

function fragilePipeline(onError: OnError, operator: Operator<EventColumns, EventColumns>) {
  return definePipeline({
    name: 'fragile',
    sources: { events: topic('events', { schema: event }) },
    sinks: { out: topic('out', { schema: event }) },
    flow: ({ events }) => ({ out: flow(events, step('sum', { onError }, operator)) }),
  });
}

const instantClock = (): TaskClock => ({ ...systemClock, sleep: async () => {} });
const drained = { drain: true } as const;

describe('a failing operator', () => {
  it('names step, source and the first bad row, whatever the batch it came in', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(100));
    const run = start(
      fragilePipeline(
        'stop',
        fragileTotal((row) => row >= 37),
      ),
      { ...drained, home: store.open() },
    );
    await expect(run.done).rejects.toMatchObject({
      code: 'OPERATOR_FAILED',
      step: 'sum',
      message: 'row 37 is bad',
      origin: { source: 'events', partition: 0, offset: 37 },
      retry: 'never',
    });
    expect((await valuesOf(store, 'out')).length).toBeLessThanOrEqual(37);
  });

  it('under reject loses only the rows that fail alone, and its state is as if they had never come', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(100));
    const bad = new Set([0, 37, 38, 99]);
    const pipeline = fragilePipeline(
      'reject',
      fragileTotal((row) => bad.has(row)),
    );
    const summary = await start(pipeline, { ...drained, home: store.open() }).done;
    expect(summary).toMatchObject({ rowsIn: 100, rowsRejected: 4, steps: { sum: { in: 100, out: 96, rejected: 4 } } });
    expect(await valuesOf(store, 'fragile.rejects')).toHaveLength(4);
    const values = (await valuesOf(store, 'out')).map((text) => (JSON.parse(text) as { value: number }).value);
    let total = 0;
    const expected = Array.from({ length: 100 }, (_, i) => i)
      .filter((i) => !bad.has(i))
      .map((i) => (total += i % 10));
    expect(values).toEqual(expected);
  });

  it('under reject gives the same rows and state for every cut', async () => {
    const outcome = async (batchRows: number) => {
      const store = memoryStore();
      await publish(store.open(), 'events', readings(60));
      const pipeline = fragilePipeline(
        'reject',
        fragileTotal((row) => row % 7 === 3),
      );
      await start(pipeline, { ...drained, home: store.open(), task: { batchRows } }).done;
      const [record] = await store.open().epochs.peek('fragile/');
      return { values: await valuesOf(store, 'out'), rejects: await valuesOf(store, 'fragile.rejects'), digest: record?.digest };
    };
    expect(await outcome(5)).toEqual(await outcome(4096));
  });

  it('rejects rows of stateless steps too', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(20));
    const operator = mapBatch<EventColumns, EventColumns>('check', (batch) => {
      if (numberView(batch, 'value').values.includes(5)) throw new RangeError('five');
      return batch;
    });
    const summary = await start(fragilePipeline('reject', operator), { ...drained, home: store.open() }).done;
    expect(summary).toMatchObject({ rowsRejected: 2, steps: { sum: { in: 20, out: 18, rejected: 2 } } });
  });

  it('under retry is tried again from the last commit, with pauses, until it works', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(50));
    let failures = 0;
    const pauses: number[] = [];
    const pipeline = fragilePipeline(
      'retry',
      fragileTotal((row) => row === 20 && ++failures <= 3),
    );
    const run = start(pipeline, { ...drained, home: store.open(), clock: instantClock(), onRetry: (_, pause) => pauses.push(pause) });
    expect(await run.done).toMatchObject({ rowsIn: 50, rowsRejected: 0 });
    expect(pauses).toEqual([100, 200, 400]);
    const values = (await valuesOf(store, 'out')).map((text) => (JSON.parse(text) as { value: number }).value);
    expect(values.at(-1)).toBe(225);
    expect(values).toHaveLength(50);
  });

  it('under retry gives up after eight failures, naming the row', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(50));
    const pauses: number[] = [];
    const pipeline = fragilePipeline(
      'retry',
      fragileTotal((row) => row === 20),
    );
    const run = start(pipeline, { ...drained, home: store.open(), clock: instantClock(), onRetry: (_, pause) => pauses.push(pause) });
    await expect(run.done).rejects.toMatchObject({ code: 'OPERATOR_FAILED', origin: { offset: 20 }, retry: 'never' });
    expect(pauses).toHaveLength(7);
  });
});

import { describe, expect, test } from 'vitest';
import { type Home, memoryStore, topic } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { generatedReadings } from './crash/generated-readings.ts';
import { type Backlog, slowPipeline } from './crash/slow-sink.ts';
import { event, publish, readings, totalsPipeline } from './example-pipelines.ts';

const nextTurn = () => new Promise(setImmediate);

describe('a slow sink', () => {
  test('pauses the source: never more than three batches lie between them, however long the input', { timeout: 60_000 }, async () => {
    const batchRows = 50;
    for (const rows of [1000, 20_000]) {
      const backlog: Backlog = { read: 0, written: 0, most: 0 };
      const pipeline = slowPipeline(generatedReadings(rows), backlog, nextTurn);
      await start(pipeline, { home: memoryStore().open(), task: { batchRows } }).done;
      expect(backlog).toMatchObject({ read: rows, written: rows });
      expect(backlog.most).toBeLessThanOrEqual(3 * batchRows);
    }
  });

  test('is waited for before the next batch is pushed', async () => {
    let writing = 0;
    let most = 0;
    const rest = async () => {
      most = Math.max(most, ++writing);
      await nextTurn();
      writing--;
    };
    await start(slowPipeline(generatedReadings(2000), { read: 0, written: 0, most: 0 }, rest), {
      home: memoryStore().open(),
      task: { batchRows: 10 },
    }).done;
    expect(most).toBe(1);
  });
});

/** The home, with what topic sources are told that they may read ahead, by topic: when they are opened, and each time they are asked. */
function countingReads(home: Home, reads: Map<string, number[]>): Home {
  return {
    ...home,
    source: (topic, group) => {
      const source = home.source(topic, group);
      const told: number[] = [];
      reads.set(topic.name, told);
      return {
        schema: source.schema,
        open: (partition, position, bytes) => {
          told.push(bytes ?? Number.POSITIVE_INFINITY);
          return source.open(partition, position, bytes);
        },
        next: async (budget) => {
          told.push(budget.bytes);
          return source.next(budget);
        },
        close: () => source.close(),
      };
    },
  };
}

test('a topic is read ahead within the byte budget, one batch at a time', async () => {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(5000));
  const reads = new Map<string, number[]>();
  await start(totalsPipeline(), { home: countingReads(store.open(), reads), drain: true, task: { batchRows: 100, prefetchBytes: 4096 } })
    .done;
  expect(new Set(reads.get('events'))).toEqual(new Set([4096]));
  expect(reads.get('events')?.length).toBeGreaterThanOrEqual(50);
});

test('fifty topics of one task share its byte budget, whatever lies in them', { timeout: 60_000 }, async () => {
  const store = memoryStore();
  const names = Array.from({ length: 50 }, (_, number) => `events-${String(number).padStart(2, '0')}`);
  for (const name of names) await publish(store.open(), name, readings(40));
  const reads = new Map<string, number[]>();
  const pipeline = definePipeline({
    name: 'many',
    sources: { all: topic(names, { schema: event }) },
    sinks: { out: topic('out', { schema: event }) },
    flow: ({ all }) => ({ out: all }),
  });
  const prefetchBytes = 100_000;
  const { rowsIn } = await start(pipeline, { home: countingReads(store.open(), reads), drain: true, task: { prefetchBytes } }).done;
  expect(rowsIn).toBe(2000);
  expect([...reads.keys()].toSorted()).toEqual(names);
  expect([...reads.values()].reduce((sum, told) => sum + Math.max(...told), 0)).toBeLessThanOrEqual(prefetchBytes);
});

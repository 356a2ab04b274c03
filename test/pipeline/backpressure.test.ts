import { describe, expect, test } from 'vitest';
import { type Home, memoryStore } from '../../connectors/index.ts';
import { start } from '../../pipeline/index.ts';
import { generatedReadings } from './crash/generated-readings.ts';
import { type Backlog, slowPipeline } from './crash/slow-sink.ts';
import { publish, readings, totalsPipeline } from './example-pipelines.ts';

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

/** The home, with the bytes counted that topic sources have handed out and the task has not yet worked off: it asks for more only when it needs it. */
function countingReads(home: Home, reads: number[]): Home {
  return {
    ...home,
    source: (topic, group) => {
      const source = home.source(topic, group);
      return {
        schema: source.schema,
        open: (...place) => source.open(...place),
        next: async (budget) => {
          reads.push(budget.bytes);
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
  const reads: number[] = [];
  await start(totalsPipeline(), { home: countingReads(store.open(), reads), drain: true, task: { batchRows: 100, prefetchBytes: 4096 } })
    .done;
  expect(new Set(reads)).toEqual(new Set([4096]));
  expect(reads.length).toBeGreaterThanOrEqual(50);
});

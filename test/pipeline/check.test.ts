import { expect, test } from 'vitest';
import { memoryStore, topic } from '../../connectors/index.ts';
import { lag } from '../../operators/index.ts';
import { checkPipeline, definePipeline, start } from '../../pipeline/index.ts';
import { flow, step } from '../../streams/index.ts';
import { event, publish, readings, runningTotal, summed } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

/** A pipeline whose second step looks back by so many rows. */
const lagging = (lags: readonly number[], total = 'total') =>
  definePipeline({
    name: 'lagging',
    sources: { events: topic('events', { schema: event }) },
    sinks: { totals: topic('totals', { schema: summed }) },
    flow: ({ events }) => ({
      totals: flow(
        events,
        step(total, {}, runningTotal()),
        step('past', {}, lag({ columns: ['value'], key: 'sensor', steps: lags })),
      ) as never,
    }),
  });

test('a check tells of stored state that a run would refuse, drop or not have', async () => {
  const store = memoryStore();
  await publish(store.open(), 'events', readings(30));
  const warningsOf = async (pipeline: ReturnType<typeof lagging>) => (await checkPipeline(pipeline, store.open())).warnings;
  expect(await warningsOf(lagging([1]))).toEqual([]);
  const home = store.open();
  const run = start(lagging([1]), { home });
  await rowsIn(run, 30);
  await run.stop();
  expect(await warningsOf(lagging([1]))).toEqual([]);
  expect(await warningsOf(lagging([1, 3]))).toEqual([
    expect.stringMatching(/^a run would refuse its state in memory: step 'past': .*--reset-steps/),
  ]);
  expect(await warningsOf(lagging([1], 'sum'))).toEqual([
    expect.stringMatching(/^the state of step 'total' .*--allow-orphans/),
    expect.stringMatching(/^step 'sum' has no state/),
  ]);
  await expect(start(lagging([1, 3]), { home: store.open(), drain: true }).done).rejects.toMatchObject({
    code: 'STATE_INCOMPATIBLE',
    step: 'past',
  });
});

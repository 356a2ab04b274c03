/** A window whose aggregates have changed since the savepoint that the run was started from. */
import { expect, it } from 'vitest';
import { category, float64, required, schema, timestamp } from '../../columnar/index.ts';
import { type Home, memoryStore, topic } from '../../connectors/index.ts';
import { count, max, tumblingWindow } from '../../operators/index.ts';
import { createSavepoint, definePipeline, forgetTasks, type Pipeline, type RunOptions, reproduce, start } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { event, publish, readings, valuesOf } from './example-pipelines.ts';

const hourly = (aggregates: object) =>
  schema(
    {
      sensor: required(category()),
      windowStart: timestamp(),
      windowTime: timestamp(),
      ...Object.fromEntries(Object.keys(aggregates).map((name) => [name, float64()])),
    },
    { eventTime: 'windowTime', key: 'sensor' } as never,
  );

/** Windows of `seconds` per sensor; every sensor has a reading each three seconds. */
function windows(aggregates: object, seconds = 60, columns = aggregates): Pipeline {
  return definePipeline({
    name: 'windows',
    sources: { events: topic('events', { schema: event }) },
    sinks: { out: topic('out', { schema: hourly(columns) }) },
    flow: ({ events }: { events: never }) => ({
      out: flow(events, tumblingWindow({ size: `${seconds}s`, key: 'sensor', aggregates } as never) as never) as never,
    }),
  } as never);
}

async function runAndStop(home: Home, pipeline: Pipeline, rows: number, options: RunOptions = {}): Promise<void> {
  const run = start(pipeline, { home, ...options });
  while (run.progress().rowsIn < rows) await Promise.race([run.done, new Promise((resolve) => setTimeout(resolve, 2))]);
  await run.stop();
}

const AFTER = { most: max('value'), rows: count() };

async function saved(): Promise<Home> {
  const home = memoryStore().open();
  await publish(home, 'events', readings(90));
  await runAndStop(home, windows({ rows: count() }), 90);
  await createSavepoint(home, 'windows', 'before');
  await forgetTasks(home, 'windows');
  await publish(home, 'events', readings(90, 90));
  return home;
}

it('keeps the aggregates that fit, says so, and is reproduced from the savepoint', async () => {
  const home = await saved();
  const notices: string[] = [];
  const onNotice = (notice: string) => notices.push(notice);
  await runAndStop(home, windows(AFTER), 180, { savepoint: 'before', onNotice });
  expect(notices).toEqual(['task windows/0: tumblingWindow: kept rows; began anew: most']);
  const out = (await valuesOf(home, 'out')).map((text) => JSON.parse(text) as { windowStart: number; rows: number; most?: number | null });
  expect(out.map(({ windowStart, rows, most = null }) => [Number(new Date(windowStart)) / 60_000, rows, most])).toEqual([
    [0, 20, null],
    [0, 20, null],
    [0, 20, null],
    // Open when the savepoint was taken: its thirty seconds are counted, their greatest value is not known.
    [1, 20, null],
    [1, 20, null],
    [1, 20, null],
  ]);
  const [result] = await reproduce(windows(AFTER), home, { from: 100 });
  expect(result).toMatchObject({ base: 'savepoint before', rows: { from: 90, to: 180 }, differingRows: [], differingState: undefined });
  expect(result?.records).toBe(3);
  expect(result?.statesCompared).toBeGreaterThan(0);
});

it('refuses windows of another size with the reason, and begins them anew on request', async () => {
  const home = await saved();
  const refused = start(windows(AFTER, 30), { home, savepoint: 'before', drain: true }).done;
  await expect(refused).rejects.toMatchObject({
    code: 'STATE_INCOMPATIBLE',
    step: 'tumblingWindow',
    message: expect.stringMatching(/windows of size 60000 ms.*size 30000 ms/),
    hint: expect.stringContaining('--reset-steps'),
  });
  await start(windows(AFTER, 30), { home, savepoint: 'before', resetSteps: ['tumblingWindow'], drain: true }).done;
  expect((await valuesOf(home, 'out')).length).toBeGreaterThan(3);
});

it('a column that the sink wants and nobody makes is an error of the run', async () => {
  const home = memoryStore().open();
  await publish(home, 'events', readings(90));
  const run = start(windows({ rows: count() }, 60, AFTER), { home, drain: true });
  await expect(run.done).rejects.toMatchObject({ code: 'SCHEMA_MISMATCH', step: 'sink out', message: expect.stringContaining("'most'") });
});

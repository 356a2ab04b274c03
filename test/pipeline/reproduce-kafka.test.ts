import { afterEach, expect, test } from 'vitest';
import { type Home, openKafka, topic } from '../../connectors/index.ts';
import { definePipeline, forgetTasks, listState, type Pipeline, reproduce, start } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { describeWith } from '../require.ts';
import { event, publish, readings, runningTotal, summed } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const homes: Home[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) await home.close();
});

describeWith('kafka', 'reproduce on Kafka', (kafka) => {
  const open = () => {
    const home = openKafka({ brokers: kafka.brokers });
    homes.push(home);
    return home;
  };
  const unique = (name: string) => `${name}-${process.pid}-${Math.floor(performance.now())}`;

  function totals(name: string, startAt: 'latest' | 'earliest' = 'latest'): Pipeline {
    return definePipeline({
      name,
      sources: { events: topic(`${name}-events`, { schema: event, startAt }) },
      sinks: { totals: topic(`${name}-totals`, { schema: summed }) },
      flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
    });
  }

  /** Runs until so many rows have come in. */
  async function runUntil(pipeline: Pipeline, rows: number, act: () => Promise<void> = async () => {}, keepSnapshots = 0): Promise<void> {
    const run = start(pipeline, { home: open(), task: { batchRows: 7, keepSnapshots } });
    await act();
    await rowsIn(run, rows);
    await run.stop();
  }

  test('a stretch from the beginning begins where a run with startAt latest began', async () => {
    const name = unique('latest');
    await publish(open(), `${name}-events`, readings(20));
    // Records keep coming, since nobody can see from outside when the run has begun to read.
    let published = 20;
    let reading = true;
    const more = async () => {
      while (reading) {
        await publish(open(), `${name}-events`, readings(5, published));
        published += 5;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    let publishing: Promise<void> | undefined;
    await runUntil(totals(name), 10, async () => {
      publishing = more();
    });
    reading = false;
    await publishing;
    const [result] = await reproduce(totals(name), open());
    expect(result).toMatchObject({ base: 'the beginning', differingRows: [], differingState: undefined });
    expect(result?.rows.from).toBe(0);
    expect(result?.rows.to).toBeGreaterThanOrEqual(10);
    expect(result?.records).toBe(result?.rows.to);
  }, 60_000);

  test('begins at a snapshot that was kept; those that make room are gone', async () => {
    const name = unique('kept');
    for (let rows = 30; rows <= 150; rows += 30) {
      await publish(open(), `${name}-events`, readings(30, rows - 30));
      await runUntil(totals(name, 'earliest'), rows, undefined, 2);
    }
    const home = open();
    const kept = (await listState(home, name)).filter(({ copyOf }) => copyOf === `${name}/0`).map(({ rows }) => rows);
    expect(kept).toHaveLength(2);
    const oldest = Math.min(...kept);
    const [result] = await reproduce(totals(name, 'earliest'), home, { from: oldest + 5, to: oldest + 10 });
    expect(result).toMatchObject({ rows: { from: oldest, to: oldest + 10 }, differingRows: [], differingState: undefined });
    expect([...(await home.positions()).keys()].filter((task) => task.startsWith(name))).toEqual([`${name}/0`]);
    await forgetTasks(home, name);
    expect(await listState(home, name)).toEqual([]);
  }, 60_000);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Home, memoryStore, openKafka, openLog, topic } from '../../connectors/index.ts';
import type { KafkaTopics } from '../../connectors/kafka/kafka-topics.ts';
import { definePipeline, type Run, start } from '../../pipeline/index.ts';
import { jsonRecords } from '../../pipeline/testing.ts';
import { flow } from '../../streams/index.ts';
import { describeWith } from '../require.ts';
import { event, runningTotal, summed } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const stamp = `${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;

const found = (name: string) =>
  definePipeline({
    name,
    sources: { events: topic(new RegExp(`${name}-in-.+`), { schema: event }) },
    sinks: { totals: topic(`${name}-totals`, { schema: summed, partitions: 2 }) },
    flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
  });

const rows = (values: readonly number[]) =>
  jsonRecords(values.map((value) => ({ sensor: 's', at: value * 1000, value })) as never, { timestamp: 'at' });

async function read(run: Run, count: number): Promise<void> {
  await rowsIn(run, count);
}

const committed = async (home: Home, name: string) =>
  Object.fromEntries((await home.epochs.peek(`${name}/`)).map(({ task, positions }) => [task, positions]));

/** A topic that matches appears while the pipeline runs; the tasks go over to it with their state. */
async function joinsWhileRunning(home: Home, name: string): Promise<void> {
  await home.topics.ensure(`${name}-in-a`, { partitions: 1 });
  await home.topics.append(`${name}-in-a`, 0, rows([1, 2]));
  const notices: string[] = [];
  const run = start(found(name), { home, discoverEvery: 30, onNotice: (notice) => notices.push(notice) });
  await read(run, 2);
  await home.topics.ensure(`${name}-in-b`, { partitions: 1 });
  await home.topics.append(`${name}-in-b`, 0, rows([3]));
  await read(run, 3);
  expect(await run.stop()).toMatchObject({ rowsIn: 3, ended: false });
  expect(notices).toEqual([`input 'events' now also reads ${name}-in-b`]);
  expect(await committed(home, name)).toEqual({ [`${name}/0`]: { events: { [`${name}-in-a`]: 2, [`${name}-in-b`]: 1 } } });
}

describe('a topic that appears while a pipeline runs', () => {
  it('is read, in memory', () => joinsWhileRunning(memoryStore().open(), 'appears'));

  it('is read, in the embedded log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-discovery-'));
    const home = openLog(folder);
    await joinsWhileRunning(home, 'appears');
    await home.close();
    rmSync(folder, { recursive: true });
  });

  it('is left alone, with a notice, when its partitions are not as many', async () => {
    const home = memoryStore().open();
    await home.topics.ensure('uneven-in-a', { partitions: 1 });
    const notices: string[] = [];
    const run = start(found('uneven'), { home, discoverEvery: 10, onNotice: (notice) => notices.push(notice) });
    await home.topics.append('uneven-in-a', 0, rows([1]));
    await read(run, 1);
    await home.topics.ensure('uneven-in-b', { partitions: 2 });
    while (notices.length === 0) await Promise.race([run.done, new Promise((resolve) => setTimeout(resolve, 10))]);
    await home.topics.append('uneven-in-a', 0, rows([2]));
    await read(run, 2);
    await run.stop();
    expect(notices).toEqual([
      expect.stringContaining(
        'inputs are left as they are: INVALID_PIPELINE: the inputs have unequal partition counts: uneven-in-a has 1, uneven-in-b has 2',
      ),
    ]);
  });

  it('is looked for at intervals that are durations, and by processes that may share tasks', async () => {
    const home = memoryStore().open();
    await home.topics.ensure('refused-in-a', { partitions: 1 });
    for (const options of [{ discoverEvery: 'soon' as never }, { group: true }, { discoverEvery: -1 }])
      await expect(start(found('refused'), { home, ...options }).done).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describeWith('kafka', 'on a broker', (kafka) => {
  it('a topic and then a partition are read when they appear', { timeout: 60_000 }, async () => {
    const name = `grown-${stamp}`;
    const home = openKafka({ brokers: kafka.brokers });
    await joinsWhileRunning(home, name);
    const notices: string[] = [];
    const run = start(found(name), { home, discoverEvery: 50, onNotice: (notice) => notices.push(notice) });
    await read(run, 3);
    for (const topicName of [`${name}-in-a`, `${name}-in-b`]) await (home.topics as KafkaTopics).grow(topicName, 2);
    await home.topics.append(`${name}-in-a`, 1, rows([7]));
    await read(run, 4);
    expect(await run.stop()).toMatchObject({ rowsIn: 4 });
    expect(notices.at(-1)).toContain(`topic '${name}-in-a' has grown from 1 to 2 partitions; keys that move begin with new state`);
    expect(await committed(home, name)).toEqual({
      [`${name}/0`]: { events: { [`${name}-in-a`]: 2, [`${name}-in-b`]: 1 } },
      [`${name}/1`]: { events: { [`${name}-in-a`]: 1 } },
    });
    await home.close();
  });

  it('a topic that appears later is read from its beginning, also where the first ones were begun at their end', {
    timeout: 60_000,
  }, async () => {
    const name = `latest-${stamp}`;
    const home = openKafka({ brokers: kafka.brokers });
    const pipeline = definePipeline({
      ...found(name),
      sources: { events: topic(new RegExp(`${name}-in-.+`), { schema: event, startAt: 'latest' }) },
    } as never);
    await home.topics.ensure(`${name}-in-a`, { partitions: 1 });
    await home.topics.append(`${name}-in-a`, 0, rows([1, 2]));
    const run = start(pipeline, { home, discoverEvery: 50 });
    // Where the end was is known once the task has begun.
    while ((await home.epochs.peek(`${name}/`)).length === 0) {
      await home.topics.append(`${name}-in-a`, 0, rows([3]));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await home.topics.ensure(`${name}-in-b`, { partitions: 1 });
    await home.topics.append(`${name}-in-b`, 0, rows([7, 8]));
    const [a] = await home.topics.list(`${name}-in-a`);
    const all = { [`${name}/0`]: { events: { [`${name}-in-a`]: a?.end, [`${name}-in-b`]: 2 } } };
    while (JSON.stringify(await committed(home, name)) !== JSON.stringify(all)) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await run.stop()).rowsIn).toBeLessThan((a?.end ?? 0) + 2);
    await home.close();
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, memoryStore, openKafka, openLog, topic } from '../../connectors/index.ts';
import { definePipeline, handover, type Input, start } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { describeWith } from '../require.ts';
import { archiveEvents, archiveIn, stepStates } from './archived-events.ts';
import { type EventColumns, event, records, runningTotal, summed } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

let folder: string;
let log: string;
let unique = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-parts-'));
  log = mkdtempSync(join(tmpdir(), 'millrace-parts-log-'));
});
afterEach(() => {
  for (const used of [folder, log]) rmSync(used, { recursive: true, force: true });
});

const PARTITIONS = 3;

/** Readings `from` to `to` of a topic's partition, some out of order. */
const rowsOf = (name: string, partition: number, from: number, to: number) =>
  records(
    Array.from({ length: to - from }, (_, i) => {
      const number = from + i;
      const at = 1000 * (number - (number % 7 === 6 ? 9 : 0)) + partition;
      return JSON.stringify({ sensor: `${name}${partition}`, at: Math.max(0, at), value: number % 10 });
    }),
  );

async function grow(home: Home, names: readonly string[], from: number, to: number, partitions = [0, 1, 2]): Promise<void> {
  for (const name of names) {
    await home.topics.ensure(name, { partitions: PARTITIONS });
    for (const partition of partitions) await home.topics.append(name, partition, rowsOf(name.slice(-1), partition, from, to));
  }
}

const read = (names: readonly string[]) =>
  names.length === 1
    ? topic(names[0] as string, { schema: event, partitions: PARTITIONS })
    : topic(names, { schema: event, partitions: PARTITIONS });

/** Archives what the topics hold by now: several files per task. */
const archived = (home: Home, name: string, input: Input<EventColumns>) =>
  archiveEvents(home, name, input, folder, { rowGroupRows: 20, roll: { rows: 20 } });

const history = () => archiveIn(folder);

const totals = (name: string, input: Input<EventColumns>) =>
  definePipeline({
    name,
    sources: { events: input },
    sinks: { totals: topic(`${name}.totals`, { schema: summed, partitions: PARTITIONS }) },
    flow: (streams) => ({ totals: flow(streams.events, runningTotal()) }),
  });

/** Rows by sensor, since several tasks share a partition, and the state of each task. */
async function outcome(home: Home, name: string) {
  const lines: string[] = [];
  for (const { partition, start: from, end } of await home.topics.list(`${name}.totals`)) {
    for (let offset = from; offset < end; ) {
      const block = await home.topics.read(`${name}.totals`, partition, offset, 1e6);
      if (block.count === 0) break;
      for (let i = 0; i < block.count; i++) {
        const at = block.valueStart[i] as number;
        lines.push(new TextDecoder().decode(block.bytes.subarray(at, at + (block.valueLength[i] as number))));
      }
      offset = (block.offset[block.count - 1] as number) + 1;
    }
  }
  const found = Object.groupBy(lines, (line) => (JSON.parse(line) as { readonly sensor: string }).sensor);
  return { found, state: await stepStates(home, name) };
}

/** From an archive of the first part into the topics while they grow, with a stop in the middle: as from the topics alone. */
async function goesOn(home: Home, tasks: number, topics: readonly string[], archive: () => Promise<unknown>): Promise<void> {
  const name = `parts-${process.pid}-${Date.now()}-${++unique}`;
  await grow(home, topics, 0, 50);
  await archive();
  await grow(home, topics, 50, 80);
  const live = () => totals(`${name}-live`, handover(history(), read(topics) as never));
  const options = { home, task: { batchRows: 16, epochRows: 16 } };
  const run = start(live(), options);
  const rows = tasks * 80 * topics.length;
  await rowsIn(run, rows);
  await run.stop();
  // It goes on without the archive from here on.
  rmSync(folder, { recursive: true });
  await grow(home, topics, 80, 90);
  expect((await start(live(), { ...options, drain: true, resumable: true }).done).rowsIn).toBe(tasks * 90 * topics.length);

  await start(totals(`${name}-one`, read(topics) as never), { home, drain: true, resumable: true }).done;
  const expected = await outcome(home, `${name}-one`);
  expect(Object.values(expected.found).flat()).toHaveLength(tasks * 90 * topics.length);
  expect(await outcome(home, `${name}-live`)).toEqual(expected);
}

async function partitioned(home: Home): Promise<void> {
  const name = `p-${process.pid}-${Date.now()}-${++unique}-a`;
  await goesOn(home, PARTITIONS, [name], () => archived(home, `${name}-archiving`, read([name]) as never));
}

async function listed(home: Home): Promise<void> {
  const name = `l-${process.pid}-${Date.now()}-${++unique}`;
  const topics = [`${name}-n`, `${name}-s`];
  await goesOn(home, PARTITIONS, topics, () => archived(home, `${name}-archiving`, read(topics) as never));
}

describe.each([
  ['memory', () => memoryStore().open()],
  ['the embedded log', () => openLog(log)],
] as const)('a handover of several partitions, in %s', (_kind, open) => {
  it('gives each task its files, and goes on at the offset of its partition', { timeout: 30_000 }, async () => {
    const home = open();
    await partitioned(home);
    await home.close();
  });

  it('goes on in several topics, each at its offset', { timeout: 30_000 }, async () => {
    const home = open();
    await listed(home);
    await home.close();
  });
});

describe('a handover of several partitions', () => {
  it('reads a partition that the archive does not hold from its beginning', async () => {
    const home = memoryStore().open();
    await grow(home, ['x'], 0, 20, [0, 2]);
    await archived(home, 'archiving', read(['x']) as never);
    await grow(home, ['x'], 0, 20, [1]);
    const { rowsIn, ended } = await start(totals('t', handover(history(), read(['x']) as never)), { home, drain: true }).done;
    expect({ rowsIn, ended }).toEqual({ rowsIn: 60, ended: true });
  });

  it('takes offsets by topic and partition, and refuses those that are none', async () => {
    const home = memoryStore().open();
    await grow(home, ['x'], 0, 20);
    await archived(home, 'archiving', read(['x']) as never);
    const at = (offsets: unknown) => handover(history(), read(['x']) as never, { at: offsets as never });
    expect((await start(totals('t', at([20, 20, 20])), { home, drain: true }).done).rowsIn).toBe(60);
    expect((await start(totals('u', at({ x: [15, 15, 20] })), { home, drain: true }).done).rowsIn).toBe(70);
    await expect(start(totals('v', at([20])), { home, drain: true }).done).rejects.toMatchObject({ code: 'INVALID_PIPELINE' });
    expect(() => at({ y: 3 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message: "at: no offset for topic 'x'" }));
    expect(() => handover(history(), topic(/x.*/, { schema: event }) as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it('refuses an archive that holds other topics, too', async () => {
    const home = memoryStore().open();
    await grow(home, ['x', 'y'], 0, 20);
    await archived(home, 'archiving', read(['x', 'y']) as never);
    await expect(start(totals('t', handover(history(), read(['x']) as never)), { home, drain: true }).done).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('holds rows of x/0, x/1, x/2, y/0, y/1, y/2, which is not only x'),
    });
  });
});

describeWith('kafka', 'a handover of several partitions in Kafka', (kafka) => {
  it('gives each task its files, and goes on in one topic or several at the offsets of its partition', { timeout: 120_000 }, async () => {
    const home = openKafka({ brokers: kafka.brokers.join(',') });
    try {
      await partitioned(home);
      rmSync(folder, { recursive: true, force: true });
      await listed(home);
    } finally {
      await home.close();
    }
  });
});

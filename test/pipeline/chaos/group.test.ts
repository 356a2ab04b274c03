import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Home, memoryStore, openKafka } from '../../../connectors/index.ts';
import { start } from '../../../pipeline/index.ts';
import { jsonRecords } from '../../../pipeline/testing.ts';
import { describeWith } from '../../require.ts';
import { MillraceProcess, until } from '../crash/millrace-process.ts';
import { GROUP_PARTITIONS, groupPipeline } from './group-file.ts';

const FILE = fileURLToPath(new URL('./group-file.ts', import.meta.url));
const BLOCK = 40;

/** Rows `from` to `from + BLOCK` of one partition; keys belong to one partition each. */
const block = (partition: number, from: number) =>
  jsonRecords(
    Array.from({ length: BLOCK }, (_, i) => ({ sensor: `p${partition}-${(from + i) % 5}`, at: (from + i) * 10, value: (from + i) % 7 })),
    { key: 'sensor', timestamp: 'at' },
  );

/** Publishes to all partitions of `NAME-a.events` until it is told to stop. */
class Load {
  readonly #home: Home;
  readonly #topic: string;
  #going = true;
  readonly done: Promise<void>;
  rows = 0;

  constructor(home: Home, name: string) {
    this.#home = home;
    this.#topic = `${name}-a.events`;
    this.done = this.#publish();
  }

  async #publish(): Promise<void> {
    for (let from = 0; this.#going; from += BLOCK) {
      for (let partition = 0; partition < GROUP_PARTITIONS; partition++)
        await this.#home.topics.append(this.#topic, partition, block(partition, from));
      this.rows += BLOCK * GROUP_PARTITIONS;
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.#going = false;
    await this.done;
  }
}

/** The tasks that a process says it runs, the newest word counts. */
function tasksOf({ stderr }: MillraceProcess): readonly number[] {
  const said = [...stderr.matchAll(/millrace: (?:tasks ([\d, ]+) of \d+ run here|no task runs here)/g)].at(-1);
  return said?.[1]?.split(', ').map(Number) ?? [];
}

/** Until the processes have all tasks between them, `counts` of them each. A process that slept still has its old word as the newest: all are looked at together. */
async function untilShared(counts: ReadonlyMap<MillraceProcess, number>): Promise<void> {
  const shared = () => {
    const all = [...counts.keys()].flatMap((process) => [...tasksOf(process)]);
    return all.toSorted().join() === '0,1,2,3' && [...counts].every(([process, count]) => tasksOf(process).length === count);
  };
  for (const process of counts.keys()) await until(process, shared);
}

/** What reached the output, per key in order. */
async function totalsByKey(home: Home, name: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const lines: { readonly key: string; readonly value: string }[] = [];
  for (const { topic, partition, start: first, end } of await home.topics.list(`${name}.totals`)) {
    for (let offset = first; offset < end; ) {
      const records = await home.topics.read(topic, partition, offset, 8e6);
      if (records.count === 0) break;
      const text = (column: 'key' | 'value', record: number) => {
        const at = records[`${column}Start`][record] as number;
        return Buffer.from(records.bytes.subarray(at, at + (records[`${column}Length`][record] as number))).toString();
      };
      for (let record = 0; record < records.count; record++) lines.push({ key: text('key', record), value: text('value', record) });
      offset = (records.offset[records.count - 1] as number) + 1;
    }
  }
  const groups = Map.groupBy(lines, ({ key }) => key);
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, group]) => [key, group.map(({ value }) => value)]));
}

/** The same rows in one undisturbed run in memory. */
async function undisturbed(name: string, rows: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const home = memoryStore().open();
  await home.topics.ensure(`${name}-a.events`, { partitions: GROUP_PARTITIONS });
  for (let from = 0; from < rows / GROUP_PARTITIONS; from += BLOCK) {
    for (let partition = 0; partition < GROUP_PARTITIONS; partition++)
      await home.topics.append(`${name}-a.events`, partition, block(partition, from));
  }
  await start(groupPipeline(name), { home, drain: true }).done;
  return totalsByKey(home, name);
}

describeWith('kafka', 'processes of one group', (kafka) => {
  const processes: MillraceProcess[] = [];

  afterEach(async () => {
    for (const running of processes.splice(0)) if (running.running) await running.kill('SIGKILL');
  });

  const run = (name: string, ...args: string[]) => {
    const brokers = kafka.brokers.join(',');
    const started = new MillraceProcess(['run', FILE, '--brokers', brokers, ...args], { env: { MILLRACE_NAME: name } });
    processes.push(started);
    return started;
  };

  test('share tasks under load: one joins, one is killed, one sleeps for longer than its session; every row comes out exactly once', {
    timeout: 180_000,
  }, async () => {
    const name = `group-${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;
    const home = openKafka({ brokers: kafka.brokers });
    await home.topics.ensure(`${name}-a.events`, { partitions: GROUP_PARTITIONS });
    const load = new Load(home, name);
    const committed = async () => (await home.epochs.peek(`${name}/`)).reduce((sum, { nextOrdinal }) => sum + nextOrdinal, 0);
    const moreRows = async (running: MillraceProcess) => {
      const goal = (await committed()) + 2000;
      await until(running, async () => (await committed()) >= goal, 50);
    };

    const first = run(name, '--group');
    await untilShared(new Map([[first, 4]]));
    await moreRows(first);
    const second = run(name, '--group');
    await untilShared(
      new Map([
        [first, 2],
        [second, 2],
      ]),
    );
    await moreRows(second);
    await first.kill('SIGKILL');
    await untilShared(new Map([[second, 4]]));
    await moreRows(second);
    const third = run(name, '--group');
    await untilShared(
      new Map([
        [second, 2],
        [third, 2],
      ]),
    );
    second.signal('SIGSTOP');
    await untilShared(new Map([[third, 4]]));
    await moreRows(third);
    second.signal('SIGCONT');
    await untilShared(
      new Map([
        [second, 2],
        [third, 2],
      ]),
    );
    await moreRows(third);
    await load.stop();
    for (const running of [second, third]) {
      running.signal('SIGTERM');
      expect(await running.end, running.stderr).toMatchObject({ code: 0 });
    }
    const last = await run(name, '--drain').end;
    expect(last, last.stderr).toMatchObject({ code: 0 });
    expect(await totalsByKey(home, name)).toEqual(await undisturbed(name, load.rows));
    await home.close();
  });
});

describeWith('broker', 'a group whose broker is killed', (brokers) => {
  test('goes on when it is back, and nothing is lost', { timeout: 180_000 }, async () => {
    const broker = await brokers.start();
    const name = 'restarted';
    const publisher = openKafka({ brokers: broker.brokers });
    await publisher.topics.ensure(`${name}-a.events`, { partitions: GROUP_PARTITIONS });
    const publish = async (from: number) => {
      for (let partition = 0; partition < GROUP_PARTITIONS; partition++)
        await publisher.topics.append(`${name}-a.events`, partition, block(partition, from));
    };
    await publish(0);
    const running = new MillraceProcess(['run', FILE, '--brokers', broker.brokers.join(','), '--group'], { env: { MILLRACE_NAME: name } });
    await until(running, async () => (await publisher.epochs.peek(`${name}/`)).length === GROUP_PARTITIONS, 100);
    broker.kill();
    await sleep(2000);
    broker.start();
    await publish(BLOCK);
    const rows = 2 * BLOCK * GROUP_PARTITIONS;
    const committed = async () => (await publisher.epochs.peek(`${name}/`)).reduce((sum, { nextOrdinal }) => sum + nextOrdinal, 0);
    await until(running, async () => (await committed()) === rows, 100);
    running.signal('SIGTERM');
    expect(await running.end, running.stderr).toMatchObject({ code: 0 });
    expect(await totalsByKey(publisher, name)).toEqual(await undisturbed(name, rows));
    await publisher.close();
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { expect, test } from 'vitest';
import { type Batch, stringView } from '../../../columnar/index.ts';
import type { Source } from '../../../connectors/contract/index.ts';
import { type KafkaHome, openKafka } from '../../../connectors/kafka/index.ts';
import { commitRecord, readAll, recordsOf } from '../../contract/home-fixture.ts';
import { describeWith } from '../../require.ts';
import { lineTopic } from './line-format.ts';

const stamp = `${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;
const PARTITIONS = 4;

/** A process in small: runs a task per partition that is its own, each copying its partition from commit to commit. */
class Copier {
  readonly home: KafkaHome;
  readonly #topics: { readonly from: string; readonly to: string };
  readonly #running = new Map<number, { stopped: boolean; readonly done: Promise<void> }>();
  readonly #membership: Subscription;
  tasks: readonly number[] = [];

  constructor(brokers: readonly string[], topics: { readonly from: string; readonly to: string }) {
    this.home = openKafka({ brokers: [...brokers] });
    this.#topics = topics;
    this.#membership = this.home.assignments(topics.from, [topics.from]).subscribe((tasks) => this.#run(tasks));
  }

  #run(tasks: readonly number[]): void {
    this.tasks = tasks;
    for (const [task, running] of this.#running) if (!tasks.includes(task)) running.stopped = true;
    for (const task of tasks) {
      if (this.#running.get(task)?.stopped === false) continue;
      const before = this.#running.get(task)?.done ?? Promise.resolve();
      const running = { stopped: false, done: Promise.resolve() };
      running.done = before.then(() => this.#copy(task, running));
      this.#running.set(task, running);
    }
  }

  async #copy(partition: number, running: { readonly stopped: boolean }): Promise<void> {
    const { from, to } = this.#topics;
    const task = `${from}/${partition}`;
    const source = this.home.source(lineTopic(from), from) as unknown as Source<never>;
    try {
      let record = await this.home.epochs.open(task);
      await source.open(partition, record?.positions.in);
      while (!running.stopped) {
        const batch = await source.next({ rows: 100, bytes: 100_000 });
        if (typeof batch === 'string') continue;
        const view = stringView(batch.batch as Batch, 'line');
        const lines = Array.from({ length: view.length }, (_, row) => view.get(row));
        record = commitRecord(task, (record?.epoch ?? 0) + 1, { positions: { in: batch.position } });
        await this.home.epochs.commit({ record, outputs: [{ topic: to, partition, records: recordsOf(lines) }] });
      }
    } catch (thrown) {
      // Taken over before it was told: as it should be.
      expect(thrown).toMatchObject({ code: 'FENCED' });
    } finally {
      await source.close();
    }
  }

  /** Tasks to an end first, then the group: in good order. */
  async stop(): Promise<void> {
    for (const running of this.#running.values()) running.stopped = true;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    this.#membership.unsubscribe();
    await sleep(50);
    await this.home.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describeWith('kafka', 'a group of processes', (kafka) => {
  test('shares tasks; members come and go under load without a row lost or repeated', async () => {
    const topics = { from: `shared-${stamp}`, to: `shared-out-${stamp}` };
    const feeder = openKafka({ brokers: kafka.brokers });
    for (const topic of Object.values(topics)) await feeder.topics.ensure(topic, { partitions: PARTITIONS });
    let feeding = true;
    let sent = 0;
    const feed = (async () => {
      while (feeding) {
        await feeder.topics.append(topics.from, sent % PARTITIONS, recordsOf([`row ${sent}`]));
        sent++;
        await sleep(2);
      }
    })();

    const first = new Copier(kafka.brokers, topics);
    await until(() => first.tasks.length === PARTITIONS);
    const second = new Copier(kafka.brokers, topics);
    await until(() => first.tasks.length === 2 && second.tasks.length === 2);
    expect([...first.tasks, ...second.tasks].toSorted()).toEqual([0, 1, 2, 3]);
    await sleep(500);
    await first.stop();
    await until(() => second.tasks.length === PARTITIONS);
    await sleep(300);
    feeding = false;
    await feed;
    const copied = async () => (await Promise.all([0, 1, 2, 3].map((partition) => readAll(feeder, topics.to, partition)))).flat();
    let rows = await copied();
    for (let tries = 0; tries < 100 && rows.length < sent; tries++) {
      await sleep(100);
      rows = await copied();
    }
    await second.stop();
    expect(rows.length).toBe(sent);
    expect(new Set(rows).size).toBe(sent);
    await feeder.close();
  }, 60_000);

  test('an unknown topic is the error of the subscription', async () => {
    const home = openKafka({ brokers: kafka.brokers });
    const failed = new Promise((resolve) => home.assignments(`g-${stamp}`, [`missing-${stamp}`]).subscribe({ error: resolve }));
    expect(await failed).toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await home.close();
  });
});

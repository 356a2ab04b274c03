import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { CommitRecord } from '../../../connectors/index.ts';
import type { BrokerProcess } from '../../kafka.ts';
import { describeWith } from '../../require.ts';
import { until } from '../crash/millrace-process.ts';
import { seededRandom } from '../crash/seeded-random.ts';
import { records } from '../example-pipelines.ts';
import { differencesOnBroker, impatientKafka, publishInput, undisturbedOutcome } from './chaos-run.ts';
import { committedTotals, startWorker } from './worker-process.ts';

const ROWS = 6000;
/** Timed out transactions are looked for often, so that a stopped worker is fenced within a second of its transaction's timeout. */
const SETTINGS = 'transaction.abort.timed.out.transaction.cleanup.interval.ms=500';

describeWith('broker', 'workers and a broker that are killed or stopped', (brokers) => {
  let broker: BrokerProcess;
  let number = 0;
  let name = '';

  beforeAll(async () => {
    broker = await brokers.start({ KAFKA_SETTINGS: SETTINGS });
  });
  beforeEach(async () => {
    name = `processes-${number++}`;
    const home = impatientKafka(broker.port);
    await publishInput(home, name, ROWS);
    await home.close();
  });

  async function runToEnd(): Promise<void> {
    const end = await startWorker(broker.port, name, 0).end;
    expect(end, end.stderr).toMatchObject({ code: 0 });
    expect(await differencesOnBroker(broker.port, name, await undisturbedOutcome(name, ROWS))).toEqual([]);
  }

  test('a worker killed five times at random moments leaves every row exactly once', { timeout: 120_000 }, async () => {
    const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000);
    const random = seededRandom(seed);
    for (let kill = 0; kill < 5; kill++) {
      const worker = startWorker(broker.port, name);
      const goal = (ROWS * 0.8 * (kill + random())) / 5;
      await until(worker, async () => (await committedTotals(broker.port, name)) >= goal);
      await sleep(random() * 40);
      expect((await worker.kill('SIGKILL')).signal, `seed ${seed}, kill ${kill}: ${worker.stderr}`).toBe('SIGKILL');
    }
    await runToEnd();
  });

  test('a broker killed in the middle of a run is waited for', { timeout: 120_000 }, async () => {
    const worker = startWorker(broker.port, name);
    await until(worker, async () => (await committedTotals(broker.port, name)) >= ROWS / 4);
    broker.kill();
    await sleep(300);
    broker.start();
    const end = await worker.end;
    expect(end, end.stderr).toMatchObject({ code: 0 });
    expect(await differencesOnBroker(broker.port, name, await undisturbedOutcome(name, ROWS))).toEqual([]);
  });

  test('a worker that was stopped while another took over is fenced when it wakes up', { timeout: 120_000 }, async () => {
    const zombie = startWorker(broker.port, name);
    await until(zombie, async () => (await committedTotals(broker.port, name)) >= ROWS / 4);
    zombie.signal('SIGSTOP');
    const successor = startWorker(broker.port, name);
    await until(successor, async () => (await committedTotals(broker.port, name)) >= ROWS / 2);
    zombie.signal('SIGCONT');
    const end = await zombie.end;
    expect(end).toMatchObject({ code: 1, stderr: expect.stringContaining('FENCED') });
    expect(await successor.end).toMatchObject({ code: 0 });
    await runToEnd();
  });

  test('an owner that was replaced and one whose transaction was open for too long are told apart', { timeout: 120_000 }, async () => {
    const task = `${name}/0`;
    const slow = impatientKafka(broker.port, 1000);
    const other = impatientKafka(broker.port);
    await slow.epochs.open(task);
    await slow.topics.ensure(`${name}.totals`, { partitions: 1 });
    await slow.epochs.publish?.(task, [{ topic: `${name}.totals`, partition: 0, records: records(['1']) }]);
    await sleep(3000);
    await expect(slow.epochs.commit({ record: emptyCommit(task), outputs: [] })).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.stringMatching(/open for [3-9]\.\d s, and the broker ends it after 1\.0 s \(transactionTimeout\)/),
    });
    await slow.epochs.open(task);
    await other.epochs.open(task);
    await expect(slow.epochs.commit({ record: emptyCommit(task), outputs: [] })).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.not.stringContaining('transactionTimeout'),
      hint: 'another process has taken over this task',
    });
    await slow.close();
    await other.close();
    await runToEnd();
  });

  test('a worker stopped for longer than a transaction may last goes on, or is fenced and the next one does', {
    timeout: 120_000,
  }, async () => {
    // Whether it is met inside a transaction is left to chance; either way nothing may be lost or doubled.
    const worker = startWorker(broker.port, name, 10, 1000);
    await until(worker, async () => (await committedTotals(broker.port, name)) >= ROWS / 4);
    worker.signal('SIGSTOP');
    await sleep(2500);
    worker.signal('SIGCONT');
    const end = await worker.end;
    if (end.code !== 0) expect(end.stderr).toContain('FENCED');
    await runToEnd();
  });
});

/** A commit of nothing. */
const emptyCommit = (task: string): CommitRecord => ({
  version: 1,
  task,
  epoch: 1,
  positions: {},
  nextOrdinal: 0,
  digest: {},
  snapshotEpoch: 0,
  journal: [],
  ended: false,
  committedAt: Date.now(),
  summary: {},
});

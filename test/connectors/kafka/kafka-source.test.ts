import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, stringView } from '../../../columnar/index.ts';
import type { Home, ReadBudget, Source, SourceBatch, StartAt } from '../../../connectors/contract/index.ts';
import { openKafka } from '../../../connectors/kafka/index.ts';
import { commitRecord, recordsOf } from '../../contract/home-fixture.ts';
import { describeWith } from '../../require.ts';
import { lineTopic } from './line-format.ts';

const BUDGET: ReadBudget = { rows: 4096, bytes: 1_000_000 };
const stamp = `${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;
let names = 0;
const unique = (name: string) => `${name}-${stamp}-${names++}`;

/** Reads until nothing has come twice in a row. */
async function drain(source: Source<never>, budget: ReadBudget = BUDGET): Promise<SourceBatch<never>[]> {
  const batches: SourceBatch<never>[] = [];
  for (let idle = 0; idle < 2; ) {
    const result = await source.next(budget);
    if (typeof result === 'string') idle++;
    else {
      idle = 0;
      batches.push(result);
    }
  }
  return batches;
}

const linesOf = (batches: readonly SourceBatch<never>[]) =>
  batches.flatMap(({ batch }) => {
    const view = stringView(batch as Batch, 'line');
    return Array.from({ length: view.length }, (_, row) => view.get(row));
  });

describeWith('kafka', 'a Kafka source', (kafka) => {
  let home: Home;
  const opened: Source<never>[] = [];
  beforeAll(() => {
    home = openKafka({ brokers: kafka.brokers });
  });
  afterAll(async () => {
    for (const source of opened) await source.close();
    await home.close();
  });

  async function filled(values: readonly string[], partitions = 1): Promise<string> {
    const topic = unique('source');
    await home.topics.ensure(topic, { partitions });
    if (values.length > 0) await home.topics.append(topic, 0, recordsOf(values));
    return topic;
  }

  async function open(topic: string, position?: number, partition = 0): Promise<Source<never>> {
    const source = home.source(lineTopic(topic), 'group') as unknown as Source<never>;
    opened.push(source);
    await source.open(partition, position === undefined ? undefined : { [topic]: position });
    return source;
  }

  const user = () => new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 10, retries: 30 } });

  test('reads rows with their offsets, positions and lag', async () => {
    const topic = await filled(['a', 'b', 'c', 'd', 'e']);
    const source = await open(topic);
    const first = (await source.next({ rows: 2, bytes: 1000 })) as SourceBatch<never>;
    expect(linesOf([first])).toEqual(['a', 'b']);
    expect(first).toMatchObject({ source: topic, partition: 0, records: 2, position: { [topic]: 2 }, lag: 3 });
    expect([...first.offset]).toEqual([0, 1]);
    expect(linesOf(await drain(source))).toEqual(['c', 'd', 'e']);
  });

  test('begins at a position, and ends before `until`', async () => {
    const topic = await filled(['a', 'b', 'c', 'd', 'e']);
    const source = await open(topic, 1);
    expect(linesOf(await drain(source, { ...BUDGET, until: { [topic]: 3 } }))).toEqual(['b', 'c']);
    expect(linesOf(await drain(source))).toEqual(['d', 'e']);
  });

  test('a byte budget cuts, but never below one record', async () => {
    const source = await open(await filled(['x'.repeat(500), 'y'.repeat(500), 'z']));
    const batches = await drain(source, { rows: 100, bytes: 400 });
    expect(batches.map(({ records }) => records)).toEqual([1, 1, 1]);
  });

  test('records that cannot be decoded are rejected with their bytes; records = rows + rejects', async () => {
    const source = await open(await filled(['a', '!broken', 'b']));
    const [batch] = await drain(source);
    expect(batch?.records).toBe(3);
    expect(linesOf([batch as SourceBatch<never>])).toEqual(['a', 'b']);
    expect(batch?.rejects).toMatchObject([{ partition: 0, reason: 'begins with !', record: { offset: 1, timestamp: 1001 } }]);
    expect(Buffer.from(batch?.rejects[0]?.record.value ?? []).toString()).toBe('!broken');
    expect(Buffer.from(batch?.rawRecord(2)?.value ?? []).toString()).toBe('b');
    expect(batch?.rawRecord(7)).toBeUndefined();
  });

  test('sees what arrives later', async () => {
    const topic = await filled([]);
    const source = await open(topic);
    expect(await source.next(BUDGET)).toBe('idle');
    await home.topics.append(topic, 0, recordsOf(['late']));
    expect(linesOf(await drain(source))).toEqual(['late']);
  });

  test('an unknown topic and an unknown partition are named', async () => {
    await expect(open(unique('missing'))).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
    await expect(open(await filled([], 2), undefined, 2)).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC',
      message: /has no partition 2; it has 2/,
    });
  });

  describe('startAt', () => {
    async function begun(topic: string, startAt: StartAt, group = unique('group'), from = home) {
      const source = from.source({ ...lineTopic(topic), startAt }, group) as unknown as Source<never>;
      opened.push(source);
      await source.open(0, undefined);
      return source;
    }

    test('latest, a time, offsets', async () => {
      const topic = await filled(['a', 'b', 'c', 'd']);
      expect(linesOf(await drain(await begun(topic, { offsets: [2] })))).toEqual(['c', 'd']);
      expect(linesOf(await drain(await begun(topic, { timestamp: 1001 })))).toEqual(['b', 'c', 'd']);
      expect(linesOf(await drain(await begun(topic, { timestamp: 5000 })))).toEqual([]);
      const latest = await begun(topic, 'latest');
      await home.topics.append(topic, 0, recordsOf(['new']));
      expect(linesOf(await drain(latest))).toEqual(['new']);
      await expect(begun(await filled(['a'], 2), { offsets: [0] }).then(() => begun(topic, { offsets: [] }))).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    });

    test('a task that committed and is opened anew without a position begins at the same record', async () => {
      const topic = await filled(['old']);
      const pipeline = unique('restarted');
      const task = `${pipeline}/0`;
      await home.epochs.open(task);
      const source = await begun(topic, 'latest', pipeline);
      await home.topics.append(topic, 0, recordsOf(['first', 'second']));
      const [batch] = await drain(source);
      await home.epochs.commit({ record: commitRecord(task, 1, { positions: { in: batch?.position ?? {} } }), outputs: [] });
      const restarted = openKafka({ brokers: kafka.brokers });
      await restarted.epochs.open(task);
      expect(linesOf(await drain(await begun(topic, 'latest', pipeline, restarted)))).toEqual(['first', 'second']);
      await restarted.epochs.forget(task);
      await restarted.epochs.open(task);
      expect(linesOf(await drain(await begun(topic, 'latest', pipeline, restarted)))).toEqual([]);
      await restarted.close();
    });
  });

  test('a position beyond the end says that the topic is another one', async () => {
    const source = await open(await filled(['a']), 100);
    await expect(drain(source)).rejects.toMatchObject({ code: 'SOURCE_FAILED', message: /keeps offsets 0 to 1, but 100 .* made anew/ });
  });

  test('of interleaved transactions it shows those committed, with several aborted at a time', async () => {
    const topic = await filled([]);
    const producers = [0, 1, 2].map((id) =>
      user().producer({
        transactionalId: `${topic}-${id}`,
        idempotent: true,
        maxInFlightRequests: 1,
        retry: { initialRetryTime: 10, retries: 30 },
      }),
    );
    for (const producer of producers) await producer.connect();
    for (let round = 0; round < 6; round++) {
      const transactions = await Promise.all(producers.map((producer) => producer.transaction()));
      const aborts = (id: number) => (round + id) % 2 === 1;
      for (const part of [0, 1]) {
        for (const [id, transaction] of transactions.entries()) {
          await transaction.send({ topic, messages: [{ value: `${round}-${id}-${part}-${aborts(id) ? 'aborted' : 'committed'}` }] });
        }
      }
      for (const [id, transaction] of transactions.entries()) await (aborts(id) ? transaction.abort() : transaction.commit());
    }
    for (const producer of producers) await producer.disconnect();
    const found = linesOf(await drain(await open(topic)));
    expect(found.filter((line) => line?.endsWith('aborted'))).toEqual([]);
    expect(found).toHaveLength(18);
  });

  test('200,000 records in one fetch', async () => {
    const topic = await filled([]);
    await home.topics.append(topic, 0, recordsOf(Array.from({ length: 200_000 }, (_, index) => String(index))));
    const batches = await drain(await open(topic), { rows: 500_000, bytes: 100_000_000 });
    expect(batches.length).toBeLessThanOrEqual(4);
    const found = linesOf(batches);
    expect(found).toHaveLength(200_000);
    expect(found[199_999]).toBe('199999');
  });
});

describe('the kafkajs of the application', () => {
  test('is not touched by ours', async () => {
    const { createRequire } = await import('node:module');
    const require = createRequire(import.meta.url);
    const home = openKafka({ brokers: 'localhost:1' });
    await home.close();
    const decode = require('kafkajs/src/protocol/requests/fetch/v4/decodeMessages');
    const Decoder = require('kafkajs/src/protocol/decoder');
    const empty = Buffer.alloc(4);
    expect(await decode(new Decoder(empty))).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, stringView } from '../../../columnar/index.ts';
import { type Home, RecordWriter, type Source, type SourceBatch } from '../../../connectors/contract/index.ts';
import { openKafka } from '../../../connectors/kafka/index.ts';
import { rawRecordAt } from '../../../connectors/records/index.ts';
import { commitRecord, readAll, recordsOf } from '../../contract/home-fixture.ts';
import { type BrokerProcess, freePort } from '../../kafka.ts';
import { describeWith } from '../../require.ts';
import { lineTopic } from './line-format.ts';

const BUDGET = { rows: 4096, bytes: 1_000_000 };
const linesOf = (batch: SourceBatch<never>) => {
  const view = stringView(batch.batch as Batch, 'line');
  return Array.from({ length: view.length }, (_, row) => view.get(row));
};

describeWith('broker', 'a broker in trouble', (factory) => {
  let broker: BrokerProcess;
  let ports: { readonly sasl: number; readonly tls: number };
  const homes: Home[] = [];

  beforeAll(async () => {
    ports = { sasl: await freePort(), tls: await freePort() };
    broker = await factory.start({ KAFKA_SASL_PORT: String(ports.sasl), KAFKA_TLS_PORT: String(ports.tls) });
  }, 600_000);
  afterAll(async () => {
    for (const home of homes) await home.close();
  });

  const open = (options: Partial<Parameters<typeof openKafka>[0]> = {}) => {
    const home = openKafka({ brokers: broker.brokers, ...options });
    homes.push(home);
    return home;
  };

  describe('authentication', () => {
    const sasl = { mechanism: 'scram-sha-256', username: 'millrace', password: 'millrace-secret' } as const;
    const certificate = () => readFileSync(join(broker.folder, 'broker.pem'), 'utf8');

    test('SCRAM with the right password', async () => {
      expect(await open({ brokers: `127.0.0.1:${ports.sasl}`, sasl }).topics.list()).toBeInstanceOf(Array);
    });

    test('a wrong password is named at once, and once', async () => {
      const home = open({ brokers: `127.0.0.1:${ports.sasl}`, sasl: { ...sasl, password: 'wrong' } });
      await expect(home.topics.list()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', retry: 'never', hint: /password/ });
    });

    test('TLS with a certificate that we trust', async () => {
      expect(await open({ brokers: `localhost:${ports.tls}`, ssl: { ca: certificate() } }).topics.list()).toBeInstanceOf(Array);
    });

    test('a certificate that nobody vouches for is refused at once', async () => {
      const home = open({ brokers: `localhost:${ports.tls}`, ssl: true });
      await expect(home.topics.list()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED', retry: 'never', hint: /ssl/ });
    });

    test('a port where nobody listens is unavailable, to be tried again', async () => {
      const home = open({ brokers: `127.0.0.1:${await freePort()}`, patience: 300 });
      await expect(home.topics.list()).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'backoff' });
    });
  });

  test('a record of 40 MB goes in and comes out', async () => {
    const home = open();
    await home.topics.ensure('large', { partitions: 1 });
    const value = new Uint8Array(40_000_000).map((_, at) => (at * 31) & 255);
    const writer = new RecordWriter();
    writer.value(value);
    writer.endRecord({ key: null, timestamp: 1 });
    await home.topics.append('large', 0, writer.finish());
    const read = await home.topics.read('large', 0, 0, 1000);
    expect(Buffer.from(rawRecordAt(read, 0).value ?? []).equals(value)).toBe(true);
  }, 30_000);

  test('a record beyond the limit of the broker is refused by name', async () => {
    const home = open();
    await home.topics.ensure('too-large', { partitions: 1 });
    const writer = new RecordWriter();
    writer.value(new Uint8Array(70_000_000));
    writer.endRecord({ key: null, timestamp: 1 });
    await expect(home.topics.append('too-large', 0, writer.finish())).rejects.toMatchObject({
      code: 'SINK_FAILED',
      hint: /max.message.bytes/,
    });
  }, 30_000);

  test('a topic that was deleted and made anew is noticed', async () => {
    const home = open();
    await home.topics.ensure('anew', { partitions: 1 });
    await home.topics.append('anew', 0, recordsOf(['a', 'b', 'c']));
    const source = home.source(lineTopic('anew'), 'group') as unknown as Source<never>;
    await source.open(0, undefined);
    expect(linesOf((await source.next(BUDGET)) as SourceBatch<never>)).toEqual(['a', 'b', 'c']);
    await home.topics.remove('anew');
    await home.topics.ensure('anew', { partitions: 1 });
    const reading = async () => {
      for (;;) await source.next(BUDGET);
    };
    await expect(reading()).rejects.toMatchObject({ code: expect.stringMatching(/SOURCE_FAILED|UNKNOWN_TOPIC/) });
    await source.close();
  }, 30_000);

  test('killed and started again in mid-stream: no row is lost or repeated, commits go on', async () => {
    const home = open();
    await home.topics.ensure('stream', { partitions: 1 });
    await home.topics.ensure('copies', { partitions: 1 });
    const source = home.source(lineTopic('stream'), 'copier') as unknown as Source<never>;
    await home.topics.append('stream', 0, recordsOf(['first']));
    await source.open(0, undefined);
    await home.epochs.open('copier/0');
    let epoch = 0;
    let ordinal = 0;
    const copy = async (until: number) => {
      while (ordinal < until) {
        const batch = await source.next(BUDGET);
        if (typeof batch === 'string') continue;
        const lines = linesOf(batch);
        ordinal += lines.length;
        epoch++;
        const record = commitRecord('copier/0', epoch, { nextOrdinal: ordinal, positions: { in: batch.position } });
        await home.epochs.commit({ record, outputs: [{ topic: 'copies', partition: 0, records: recordsOf(lines) }] });
      }
    };
    await copy(1);
    broker.kill();
    const late = home.topics.append('stream', 0, recordsOf(['second', 'third']));
    const copying = copy(3);
    await sleep(300);
    broker.start();
    await late;
    await copying;
    expect(await readAll(home, 'copies')).toEqual(['first', 'second', 'third']);
    expect((await home.epochs.open('copier/0'))?.nextOrdinal).toBe(3);
    await source.close();
  }, 90_000);
});

import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type RecordColumns, RecordWriter } from '../../../connectors/contract/index.ts';
import { type KafkaOptions, openKafka } from '../../../connectors/kafka/index.ts';
import { rawRecordAt } from '../../../connectors/records/index.ts';
import { describeWith, type Kafka } from '../../require.ts';

const run = promisify(execFile);
const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const COUNT = 2000;
const stamp = `${process.pid}-${Math.floor(performance.timeOrigin).toString(36)}`;
const script = fileURLToPath(new URL('../../../scripts/kafka-broker', import.meta.url));
const javaClients = fileURLToPath(new URL('JavaClients.java', import.meta.url));
const encoder = new TextEncoder();

const present = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** The records that every program here writes. */
function sample(): RecordColumns {
  const writer = new RecordWriter();
  for (let index = 0; index < COUNT; index++) {
    writer.value(encoder.encode(`value ${index}`));
    writer.endRecord({ key: encoder.encode(`key ${index % 7}`), timestamp: 1000 + index });
  }
  return writer.finish();
}

const textOf = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString();

async function readAll(options: KafkaOptions, topic: string): Promise<string[]> {
  const home = openKafka(options);
  const found: string[] = [];
  for (let offset = 0; found.length < COUNT; ) {
    const records = await home.topics.read(topic, 0, offset, 10_000_000);
    for (let record = 0; record < records.count; record++) {
      const { key, value, timestamp } = rawRecordAt(records, record);
      found.push(`${textOf(key)} ${textOf(value)} ${timestamp}`);
    }
    if (records.count === 0) break;
    offset = (records.offset[records.count - 1] as number) + 1;
  }
  await home.close();
  return found;
}

const expected = (withTime: boolean) =>
  Array.from({ length: COUNT }, (_, index) => `key ${index % 7} value ${index}${withTime ? ` ${1000 + index}` : ''}`);

async function writeOurs(kafka: Kafka, prefix: string): Promise<void> {
  for (const compression of CODECS) {
    const home = openKafka({ brokers: kafka.brokers, compression });
    await home.topics.ensure(`${prefix}.ours.${compression}`, { partitions: 1 });
    await home.topics.append(`${prefix}.ours.${compression}`, 0, sample());
    await home.close();
  }
}

async function makeTopics(kafka: Kafka, prefix: string, writer: string): Promise<void> {
  const home = openKafka({ brokers: kafka.brokers });
  for (const codec of CODECS) await home.topics.ensure(`${prefix}.${writer}.${codec}`, { partitions: 1 });
  await home.close();
}

/** As String.hashCode and the fold in JavaClients.java make it. */
function javaHash(): number {
  let hash = 0;
  for (let index = 0; index < COUNT; index++) {
    let one = 0;
    for (const character of `${index}key ${index % 7}value ${index}${1000 + index}`)
      one = (Math.imul(31, one) + character.charCodeAt(0)) | 0;
    hash = (Math.imul(31, hash) + one) | 0;
  }
  return hash;
}

describeWith('kafka', 'records of other clients', (kafka) => {
  if (!present('kcat', '-V')) test('skipped: kcat (install kcat)', { skip: true }, () => {});
  else {
    describe('kcat (librdkafka)', () => {
      test('reads what we write, with all codecs', async () => {
        const prefix = `kcat-${stamp}`;
        await writeOurs(kafka, prefix);
        for (const codec of CODECS) {
          const args = [
            '-b',
            kafka.brokers.join(','),
            '-C',
            '-t',
            `${prefix}.ours.${codec}`,
            '-e',
            '-q',
            '-X',
            'check.crcs=true',
            '-f',
            '%k %s %T\n',
          ];
          const { stdout } = await run('kcat', args, { maxBuffer: 10_000_000 });
          expect(stdout.trimEnd().split('\n'), codec).toEqual(expected(true));
        }
      }, 30_000);

      test('is read by us, with all codecs', async () => {
        const prefix = `kcat-in-${stamp}`;
        await makeTopics(kafka, prefix, 'kcat');
        for (const codec of CODECS) {
          const topic = `${prefix}.kcat.${codec}`;
          const args = ['-b', kafka.brokers.join(','), '-P', '-t', topic, '-p', '0', '-K', '\t', '-z', codec, '-X', 'linger.ms=50'];
          const writing = run('kcat', args);
          writing.child.stdin?.end(Array.from({ length: COUNT }, (_, index) => `key ${index % 7}\tvalue ${index}\n`).join(''));
          await writing;
          const found = (await readAll({ brokers: kafka.brokers }, topic)).map((line) => line.replace(/ \d+$/, ''));
          expect(found, codec).toEqual(expected(false));
        }
      }, 30_000);
    });
  }

  if (!present('java', '-version') || !present('javac', '-version'))
    test('skipped: Java clients (install a JDK)', { skip: true }, () => {});
  else {
    test('the Java clients read what we write and are read by us, with all codecs', async () => {
      const prefix = `java-${stamp}`;
      await writeOurs(kafka, prefix);
      await makeTopics(kafka, prefix, 'java');
      const { stdout: classPath } = await run(script, ['classpath']);
      const options = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
      const { stdout } = await run('java', [...options, '-cp', classPath.trim(), javaClients, kafka.brokers.join(','), prefix]);
      expect(stdout.trim().split('\n')).toEqual(CODECS.map((codec) => `${codec} ${COUNT} ${javaHash()}`));
      for (const codec of CODECS)
        expect(await readAll({ brokers: kafka.brokers }, `${prefix}.java.${codec}`), codec).toEqual(expected(true));
    }, 60_000);
  }
});

import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

const run = promisify(execFile);
const TOOL_OPTIONS = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
const MEGABYTES = 8 * 1024 * 1024;

export const hasKcat = (): boolean => spawnSync('kcat', ['-V'], { stdio: 'ignore' }).status === 0;

/** Kafka's consumer-perf-test; it parses nothing. Messages per second of the time it fetched, without its start. */
export async function javaConsume(classPath: string, brokers: string, topic: string, count: number): Promise<number> {
  const args = [
    '--bootstrap-server',
    brokers,
    '--topic',
    topic,
    '--messages',
    String(count),
    '--fetch-size',
    String(MEGABYTES),
    '--hide-header',
  ];
  const { stdout } = await run('java', [...TOOL_OPTIONS, '-cp', classPath, 'org.apache.kafka.tools.ConsumerPerformance', ...args]);
  const fields = (
    stdout
      .trim()
      .split('\n')
      .findLast((line) => line.split(', ').length >= 10) ?? ''
  ).split(', ');
  return Number(fields[9]);
}

/** Kafka's producer-perf-test with messages of a size and batches as large as ours. */
export async function javaPublish(classPath: string, brokers: string, topic: string, count: number, size: number): Promise<number> {
  const properties = [`bootstrap.servers=${brokers}`, 'batch.size=900000', 'linger.ms=5', 'buffer.memory=67108864', 'acks=all'];
  const args = [
    '--topic',
    topic,
    '--num-records',
    String(count),
    '--record-size',
    String(size),
    '--throughput',
    '-1',
    '--producer-props',
    ...properties,
  ];
  const { stdout } = await run('java', [...TOOL_OPTIONS, '-cp', classPath, 'org.apache.kafka.tools.ProducerPerformance', ...args]);
  return Number(/([\d.]+) records\/sec(?!.*records\/sec)/s.exec(stdout)?.[1]);
}

/** kcat (librdkafka): the whole process, its start included; it parses nothing. */
export async function kcatConsume(brokers: string, topic: string, count: number): Promise<number> {
  const begun = performance.now();
  const args = ['-b', brokers, '-C', '-t', topic, '-p', '0', '-o', 'beginning', '-c', String(count), '-q', '-f', ''];
  await run('kcat', args, { maxBuffer: MEGABYTES });
  return (count / (performance.now() - begun)) * 1000;
}

/** An application with plain kafkajs that parses each message. */
export async function kafkajsConsume(brokers: string, topic: string, count: number): Promise<number> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: `bench-${topic}-${performance.now()}`,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: MEGABYTES,
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = 0;
  let read = 0;
  let sum = 0;
  await consumer.run({
    eachBatch: async ({ batch }) => {
      begun ||= performance.now();
      for (const { value } of batch.messages) sum += (JSON.parse(String(value)) as { temp: number }).temp;
      read += batch.messages.length;
      if (read >= count) resolve();
    },
  });
  await promise;
  const rate = (read / (performance.now() - begun)) * 1000;
  await consumer.disconnect();
  if (!Number.isFinite(sum)) throw new Error('the peer read no numbers');
  return rate;
}

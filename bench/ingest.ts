import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { arrow, type Home, json, openKafka, type TopicDefinition, topic } from '../connectors/index.ts';
import type { Report, Suite } from './bench-line.ts';
import { toolsClassPath, withBroker } from './ingest/broker.ts';
import { consume, publish } from './ingest/ours.ts';
import { hasKcat, javaConsume, javaPublish, kafkajsConsume, kcatConsume } from './ingest/peers.ts';
import { type Readings, readings } from './ingest/readings.ts';

const ROUNDS = 3;

interface Bench {
  readonly report: Report;
  readonly home: Home;
  readonly brokers: string;
  readonly rows: number;
  readonly classPath: string | undefined;
}

/** Runs ours and its peers in turn, so that all meet the same noise; the best round of each counts. */
async function interleaved(runs: ReadonlyMap<string, () => Promise<number>>): Promise<ReadonlyMap<string, number>> {
  const best = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of runs) best.set(name, Math.max(best.get(name) ?? 0, await run()));
  }
  return best;
}

async function compare(
  bench: Bench,
  name: string,
  unit: string,
  ours: () => Promise<number>,
  peers: ReadonlyMap<string, () => Promise<number>>,
) {
  const best = await interleaved(new Map([['ours', ours], ...peers]));
  const own = best.get('ours') as number;
  if (peers.size === 0) bench.report({ case: name, unit, ours: own });
  for (const peer of peers.keys()) bench.report({ case: name, unit, ours: own, peer: { name: peer, value: best.get(peer) as number } });
}

const jsonTopic = topic('bench-json', { schema: readings, format: json() });
const arrowTopic = topic('bench-arrow', { schema: readings, format: arrow() });

async function publishJson(bench: Bench): Promise<void> {
  const { home, rows, brokers, classPath } = bench;
  const peers = new Map<string, () => Promise<number>>();
  if (classPath !== undefined) {
    await home.topics.ensure('bench-java', { partitions: 1, retentionMs: 60_000 });
    peers.set('Java producer-perf-test', () => javaPublish(classPath, brokers, 'bench-java', rows, 100));
  }
  await compare(bench, 'publish JSON', 'rows/s', () => publish(home, jsonTopic, rows), peers);
}

async function consumeJson(bench: Bench): Promise<void> {
  const { home, rows, brokers, classPath } = bench;
  const peers = new Map<string, () => Promise<number>>();
  if (classPath !== undefined) peers.set('Java consumer-perf-test', () => javaConsume(classPath, brokers, jsonTopic.name, rows));
  if (hasKcat()) peers.set('kcat', () => kcatConsume(brokers, jsonTopic.name, rows));
  peers.set('kafkajs + JSON.parse', () => kafkajsConsume(brokers, jsonTopic.name, Math.min(rows, 1_000_000)));
  await compare(bench, 'consume JSON into columns', 'rows/s', () => consume(home, jsonTopic, rows), peers);
}

/** In a process of its own: this one holds the peers too. */
async function residentMegabytes({ brokers }: Bench, quick: boolean): Promise<number> {
  const script = fileURLToPath(new URL('ingest/resident.ts', import.meta.url));
  const args = [...process.execArgv, script, brokers, jsonTopic.name, String(quick ? 1_000_000 : 10_000_000)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

async function arrowBatches(bench: Bench): Promise<void> {
  const { home, rows } = bench;
  const definition: TopicDefinition<Readings> = arrowTopic;
  await compare(bench, 'publish Arrow batches of 4,096', 'rows/s', () => publish(home, definition, rows), new Map());
  await compare(bench, 'consume Arrow batches of 4,096', 'rows/s', () => consume(home, definition, rows), new Map());
}

/** Reading and writing Kafka, one partition, one thread; `consume` includes parsing, which the Java and librdkafka peers do not do. */
export const run: Suite = (report, { quick }) =>
  withBroker(async (brokers) => {
    const home = openKafka({ brokers });
    const bench = { report, home, brokers, rows: quick ? 500_000 : 4_000_000, classPath: toolsClassPath() };
    try {
      await publishJson(bench);
      await consumeJson(bench);
      report({
        case: 'memory while reading',
        unit: 'MB resident at most',
        ours: await residentMegabytes(bench, quick),
        lessIsBetter: true,
      });
      await arrowBatches(bench);
    } finally {
      await home.close();
    }
  });

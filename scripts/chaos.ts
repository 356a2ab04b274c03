/**
 * Breaks things for as long as you like and says whether it showed: simulated faults, processes killed on the embedded log, and, where Java and Maven are there, a real broker with workers
 * killed and stopped, the broker killed, a proxy that breaks requests, and three brokers that are killed in turn. After each round output, state and counters must be those of an undisturbed run.
 *
 *   npm run chaos -- --minutes 10 [--seed 1] [--only simulated|embedded|kafka|cluster] [--simulate 200] [--kills 100]
 * `--simulate`: seeds per simulated pipeline and round. `--kills`: how often a process on one embedded log is killed.
 */
import { parseArgs } from 'node:util';
import { canStartBroker } from '../test/kafka.ts';
import { simulatedPipelines } from '../test/pipeline/simulator/simulated-pipelines.ts';
import { ClusterRounds } from './chaos/cluster-rounds.ts';
import { embeddedRound } from './chaos/embedded-round.ts';
import { KafkaRounds } from './chaos/kafka-rounds.ts';
import type { Round, RoundMaker } from './chaos/round.ts';
import { simulatedRound } from './chaos/simulated-round.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: 'all' },
    simulate: { type: 'string', default: '40' },
    kills: { type: 'string', default: '10' },
  },
});

const wants = (part: string) => values.only === 'all' || values.only === part;

async function roundMakers(kafka: KafkaRounds | undefined, cluster: ClusterRounds | undefined): Promise<readonly RoundMaker[]> {
  const seeds = Number(values.simulate);
  const simulated = Object.keys(simulatedPipelines).map((name) => (seed: number) => simulatedRound(name, seed * 100_000, seeds));
  const onKafka =
    kafka === undefined ? [] : (['workers', 'broker', 'zombie', 'proxy'] as const).map((kind) => (seed: number) => kafka[kind](seed));
  return [
    ...(wants('simulated') ? simulated : []),
    ...(wants('embedded') ? [(seed: number) => embeddedRound(seed, Number(values.kills))] : []),
    ...onKafka,
    ...(cluster === undefined ? [] : [(seed: number) => cluster.brokers(seed)]),
  ];
}

const totals = new Map<string, number>();
let rounds = 0;
let failures = 0;

function report({ kind, faults, differences }: Round, seed: number, started: number): void {
  rounds++;
  for (const [name, count] of Object.entries(faults)) totals.set(name, (totals.get(name) ?? 0) + count);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (differences.length > 0) failures++;
  const [verdict, detail] = differences.length === 0 ? ['ok  ', JSON.stringify(faults)] : ['FAIL', differences.join('; ')];
  console.log(`${verdict}  ${kind}, seed ${seed}, ${seconds} s: ${detail}`);
}

/** A round that could not even be played to its end. */
const failedRound = (thrown: unknown): Round => ({
  kind: 'round broken off',
  faults: {},
  differences: [thrown instanceof Error ? thrown.message : String(thrown)],
});

let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
});

async function rage(makers: readonly RoundMaker[]): Promise<void> {
  const end = performance.now() + Number(values.minutes) * 60_000;
  let seed = Number(values.seed);
  // Whole circles only, so that every kind is tried equally often.
  do {
    for (const make of makers) {
      if (interrupted) return;
      const started = performance.now();
      report(await make(seed).catch(failedRound), seed, started);
    }
    seed++;
  } while (performance.now() < end);
}

const wantsBrokers = wants('kafka') || wants('cluster');
const canStart = wantsBrokers && canStartBroker();
if (wantsBrokers && !canStart) console.log('skipped: Kafka needs java and mvn');
const kafka = canStart && wants('kafka') ? await KafkaRounds.start() : undefined;
const cluster = canStart && wants('cluster') ? await ClusterRounds.start() : undefined;
try {
  await rage(await roundMakers(kafka, cluster));
} finally {
  await kafka?.stop();
  cluster?.stop();
}
console.log(`${rounds} rounds, ${failures} failed: ${JSON.stringify(Object.fromEntries(totals))}`);
process.exitCode = failures === 0 ? 0 : 1;

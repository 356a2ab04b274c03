import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Home } from '../connectors/index.ts';
import { type HomeOptions, openHome, type Pipeline, start } from '../pipeline/index.ts';
import type { Report, Suite } from './bench-line.ts';
import { pipeline as clean } from './end-to-end/clean-pipeline.ts';
import { type Latency, measureLatency } from './end-to-end/latency.ts';
import { gru32 } from './end-to-end/learn-pipelines.ts';
import { PARTITIONS, publishReadings, readingsTopic } from './end-to-end/records.ts';
import { measureRecovery } from './end-to-end/recovery.ts';
import { pipeline as windows } from './end-to-end/windows-pipeline.ts';
import { withBroker } from './ingest/broker.ts';

const GUARANTEES = ['exactlyOnce', 'atLeastOnce'] as const;
const RATE = 1000;

interface Bench {
  readonly report: Report;
  readonly quick: boolean;
}

/** Rows per second of a run over all that the input holds, at epochs of a second. */
async function timed(home: Home, pipeline: Pipeline, guarantee: (typeof GUARANTEES)[number], rows: number): Promise<number> {
  const begun = performance.now();
  const { rowsIn } = await start(pipeline, { home, drain: true, fresh: true, task: { guarantee, epochTime: '1s' } }).done;
  if (rowsIn !== rows) throw new Error(`${rowsIn} of ${rows} rows were read`);
  return (rows / (performance.now() - begun)) * 1000;
}

/** Both guarantees in turn, so that they meet the same noise; the best round of each counts. */
async function throughput({ report, quick }: Bench, home: Home, rows: number): Promise<void> {
  await home.topics.remove(readingsTopic.name);
  await publishReadings(home, 0, rows);
  for (const [name, pipeline] of [
    ['windows', windows],
    ['every row', clean],
  ] as const) {
    const best = { exactlyOnce: 0, atLeastOnce: 0 };
    for (let round = 0; round < (quick ? 2 : 4); round++) {
      for (const guarantee of GUARANTEES) best[guarantee] = Math.max(best[guarantee], await timed(home, pipeline, guarantee, rows));
    }
    report({
      case: `${homeName(home)} ${name}`,
      unit: 'rows/s',
      ours: best.exactlyOnce,
      peer: { name: 'at-least-once', value: best.atLeastOnce },
    });
  }
}

const homeName = (home: Home) => (home.kind === 'kafka' ? 'kafka' : 'embedded');

/** Record to prediction at 1,000 rows/s: epochs close whenever the input has drained. */
async function latency({ report, quick }: Bench, home: Home): Promise<void> {
  const measured: Partial<Record<(typeof GUARANTEES)[number], Latency>> = {};
  for (const guarantee of GUARANTEES)
    measured[guarantee] = await measureLatency(home, { home, task: { guarantee } }, RATE, quick ? 3000 : 20_000);
  for (const part of ['p50', 'p99'] as const) {
    const [ours, peer] = GUARANTEES.map((guarantee) => measured[guarantee]?.[part] ?? Number.NaN) as [number, number];
    report({
      case: `${homeName(home)} record to prediction ${part}`,
      unit: 'ms',
      ours,
      peer: { name: 'at-least-once', value: peer },
      lessIsBetter: true,
    });
  }
}

async function inFolder<R>(use: (state: string) => Promise<R>): Promise<R> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withHome(options: HomeOptions, use: (home: Home) => Promise<void>): Promise<void> {
  // As a run that opens its home itself.
  const home = openHome({ ...options, shared: true, committer: true });
  try {
    await use(home);
  } finally {
    await home.close();
  }
}

/**
 * A compute-bound pipeline (GRU) on two workers against one, the threads' start included: enough rows that it does not weigh. That start alone is a line of its own: seconds until
 * two workers have come to the end of one row per partition.
 */
async function workers({ report, quick }: Bench, state: string): Promise<void> {
  const rows = 1_000_000;
  const module = new URL('./end-to-end/gru-pipeline.ts', import.meta.url);
  const seconds = async (count: number, expected: number) => {
    const begun = performance.now();
    const { rowsIn } = await start(gru32, { state, drain: true, fresh: true, workers: count, module }).done;
    if (rowsIn !== expected) throw new Error(`${rowsIn} of ${expected} rows were read`);
    return (performance.now() - begun) / 1000;
  };
  await withHome({ state }, (home) => publishReadings(home, 0, PARTITIONS));
  report({ case: 'embedded start of two workers', unit: 's', ours: await seconds(2, PARTITIONS), lessIsBetter: true });
  await withHome({ state }, (home) => publishReadings(home, PARTITIONS, rows));
  // In turns, so that they meet the same noise; the best round of each counts.
  const best = [0, 0];
  for (let round = 0; round < (quick ? 1 : 3); round++)
    for (const [index, count] of [1, 2].entries()) best[index] = Math.max(best[index] as number, rows / (await seconds(count, rows)));
  const [one, two] = best as [number, number];
  report({ case: 'embedded two workers', unit: 'rows/s', ours: two, peer: { name: 'one worker', value: one } });
}

/** What exactly-once costs beside at-least-once, how soon predictions are there, and how soon a killed run is back. */
export const run: Suite = async (report, { quick }) => {
  const bench = { report, quick };
  const rows = quick ? 200_000 : 2_000_000;
  await inFolder((state) =>
    withHome({ state }, async (home) => {
      await latency(bench, home);
      await throughput(bench, home, rows);
    }),
  );
  const recovery = await inFolder((state) => measureRecovery(state, quick ? 100_000 : 400_000));
  report({ case: 'embedded recovery from kill to first new output', unit: 's', ours: recovery, lessIsBetter: true });
  await inFolder((state) => workers(bench, state));
  await withBroker((brokers) =>
    withHome({ brokers }, async (home) => {
      await latency(bench, home);
      await throughput(bench, home, rows);
    }),
  );
};

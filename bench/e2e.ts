import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Home, openKafka } from '../connectors/index.ts';
import { type Pipeline, start } from '../pipeline/index.ts';
import type { Report, Suite } from './bench-line.ts';
import { compareWindows } from './end-to-end/compare-windows.ts';
import { kafkajsWindows } from './end-to-end/kafkajs-peer.ts';
import { measureLatency } from './end-to-end/latency.ts';
import { gru32, mlp } from './end-to-end/learn-pipelines.ts';
import { PARTITIONS, publishReadings, readingsTopic, recordText, validRows } from './end-to-end/records.ts';
import { pipeline as windows } from './end-to-end/windows-pipeline.ts';
import { withBroker } from './ingest/broker.ts';

const PYTHON = join(import.meta.dirname, '.venv', 'bin', 'python');
const TORCH = join(import.meta.dirname, 'end-to-end', 'torch-peer.py');
const PEER_SECONDS = 6;

interface Bench {
  readonly report: Report;
  readonly home: Home;
  readonly brokers: string;
  readonly quick: boolean;
}

/** A pipeline and the module that exports it, which worker threads import. */
interface Job {
  readonly pipeline: Pipeline;
  readonly module: string;
}

const WINDOWS: Job = { pipeline: windows, module: './end-to-end/windows-pipeline.ts' };
const MLP: Job = { pipeline: mlp, module: './end-to-end/recovery-pipeline.ts' };
const GRU: Job = { pipeline: gru32, module: './end-to-end/gru-pipeline.ts' };

/** As `--workers` for this machine; the broker shares it. */
const WORKERS = Math.min(PARTITIONS, availableParallelism());
/** Every job with one worker too: what a core does. */
const COUNTS = WORKERS === 1 ? [1] : [WORKERS, 1];

const named = (name: string, workers: number) => (workers === WORKERS ? name : `${name} one worker`);

/** Rows per second of a run over all that is in the topic, from its start to its last commit, threads' starts included, and the rows that it published. */
async function timed(
  brokers: string,
  job: Job,
  rows: number,
  workers: number,
): Promise<{ readonly rate: number; readonly published: number }> {
  const begun = performance.now();
  const options = { brokers, drain: true, fresh: true, workers, module: new URL(job.module, import.meta.url) };
  const { rowsIn, rowsRejected, steps } = await start(job.pipeline, options).done;
  const seconds = (performance.now() - begun) / 1000;
  if (rowsIn !== rows || rowsRejected !== rows - validRows(rows))
    throw new Error(`${rowsIn} rows read, ${rowsRejected} rejected of ${rows}`);
  const [sink] = Object.keys(job.pipeline.sinks);
  return { rate: rows / seconds, published: steps[`sink ${sink}`]?.out ?? 0 };
}

/** Windows, exactly once, against kafkajs + JSON.parse + Map at least once; the number of results must agree, and their values with duckdb's. */
async function windowsJob({ report, home, brokers, quick }: Bench, rows: number): Promise<void> {
  const ours = new Map(COUNTS.map((workers) => [workers, 0]));
  let peer = 0;
  for (let round = 0; round < (quick ? 1 : 2); round++) {
    await home.topics.ensure('bench-peer', { partitions: 1 });
    const { rate, windows: results } = await kafkajsWindows(brokers, readingsTopic.name, 'bench-peer', rows);
    peer = Math.max(peer, rate);
    for (const workers of COUNTS) {
      const own = await timed(brokers, WINDOWS, rows, workers);
      ours.set(workers, Math.max(ours.get(workers) as number, own.rate));
      if (own.published !== results) throw new Error(`${own.published} windows, the peer has ${results}`);
    }
    await compareWindows(home, 'bench-windows', rows);
  }
  for (const [workers, rate] of ours)
    report({ case: named('J1', workers), unit: 'rows/s', ours: rate, peer: { name: 'kafkajs + JSON.parse + Map', value: peer } });
}

/** Rows per second of a Python application with PyTorch over the same records from a file; undefined without bench/.venv. */
function torchRate(kind: 'mlp' | 'gru', rows: number): number | undefined {
  if (!existsSync(PYTHON)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const file = join(folder, 'records.jsonl');
    writeFileSync(file, Array.from({ length: rows }, (_, row) => `${recordText(row).text}\n`).join(''));
    const { stdout, status, stderr } = spawnSync(PYTHON, [TORCH, file, kind, String(PEER_SECONDS)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the PyTorch peer: ${stderr}`);
    const { rows: done, seconds } = JSON.parse(stdout) as { rows: number; seconds: number };
    return done / seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function learningJob({ report, brokers, quick }: Bench, kind: 'mlp' | 'gru', rows: number): Promise<void> {
  const peer = torchRate(kind, Math.min(rows, 400_000));
  for (const workers of COUNTS) {
    let ours = 0;
    for (let round = 0; round < (quick ? 1 : 2); round++)
      ours = Math.max(ours, (await timed(brokers, kind === 'mlp' ? MLP : GRU, rows, workers)).rate);
    report({
      case: named(`J2 ${kind}`, workers),
      unit: 'rows/s',
      ours,
      ...(peer === undefined ? {} : { peer: { name: 'PyTorch, records from a file', value: peer } }),
    });
  }
}

/** Record to prediction at 1,000 rows a second, at least once. */
async function liveJob({ report, home, quick }: Bench): Promise<void> {
  const latency = await measureLatency(home, { home, guarantee: 'atLeastOnce' }, 1000, quick ? 3000 : 20_000);
  for (const part of ['p50', 'p99'] as const) report({ case: `J2 live ${part}`, unit: 'ms', ours: latency[part], lessIsBetter: true });
}

/** End to end over a real broker on the same machine: J1 windows, J2 online learning. */
export const run: Suite = (report, { quick }) =>
  withBroker(async (brokers) => {
    const home = openKafka({ brokers });
    const bench = { report, home, brokers, quick };
    const [gruRows, mlpRows, windowRows] = quick ? [100_000, 200_000, 500_000] : [500_000, 1_500_000, 5_000_000];
    try {
      await home.topics.remove(readingsTopic.name);
      await liveJob(bench);
      await publishReadings(home, 0, gruRows);
      await learningJob(bench, 'gru', gruRows);
      await publishReadings(home, gruRows, mlpRows);
      await learningJob(bench, 'mlp', mlpRows);
      await publishReadings(home, mlpRows, windowRows);
      await windowsJob(bench, windowRows);
    } finally {
      await home.close();
    }
  });

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Home, openKafka } from '../connectors/index.ts';
import { type Pipeline, start } from '../pipeline/index.ts';
import type { Report, Suite } from './bench-line.ts';
import { kafkajsWindows } from './end-to-end/kafkajs-peer.ts';
import { gru32, mlp } from './end-to-end/learn-pipelines.ts';
import { publishReadings, readingsTopic, recordText, validRows } from './end-to-end/records.ts';
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

/** Rows per second of a run over all that is in the topic, from its start to its last commit, and the rows that it published. */
async function timed(brokers: string, pipeline: Pipeline, rows: number): Promise<{ readonly rate: number; readonly published: number }> {
  const begun = performance.now();
  const { rowsIn, rowsRejected, steps } = await start(pipeline, { brokers, drain: true, fresh: true }).done;
  const seconds = (performance.now() - begun) / 1000;
  if (rowsIn !== rows || rowsRejected !== rows - validRows(rows))
    throw new Error(`${rowsIn} rows read, ${rowsRejected} rejected of ${rows}`);
  const [sink] = Object.keys(pipeline.sinks);
  return { rate: rows / seconds, published: steps[`sink ${sink}`]?.out ?? 0 };
}

/** Windows, exactly once, against kafkajs + JSON.parse + Map at least once; the number of results must agree. */
async function windowsJob({ report, home, brokers, quick }: Bench, rows: number): Promise<void> {
  let [ours, peer] = [0, 0];
  for (let round = 0; round < (quick ? 1 : 2); round++) {
    const own = await timed(brokers, windows, rows);
    ours = Math.max(ours, own.rate);
    await home.topics.ensure('bench-peer', { partitions: 1 });
    const { rate, windows: results } = await kafkajsWindows(brokers, readingsTopic.name, 'bench-peer', rows);
    peer = Math.max(peer, rate);
    if (own.published !== results) throw new Error(`${own.published} windows, the peer has ${results}`);
  }
  report({ case: 'J1', unit: 'rows/s', ours, peer: { name: 'kafkajs + JSON.parse + Map', value: peer } });
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

async function learningJob({ report, brokers }: Bench, kind: 'mlp' | 'gru', rows: number): Promise<void> {
  const peer = torchRate(kind, Math.min(rows, 400_000));
  const { rate: ours } = await timed(brokers, kind === 'mlp' ? mlp : gru32, rows);
  report({
    case: `J2 ${kind}`,
    unit: 'rows/s',
    ours,
    ...(peer === undefined ? {} : { peer: { name: 'PyTorch, records from a file', value: peer } }),
  });
}

/** End to end over a real broker on the same machine: J1 windows, J2 online learning. */
export const run: Suite = (report, { quick }) =>
  withBroker(async (brokers) => {
    const home = openKafka({ brokers });
    const bench = { report, home, brokers, quick };
    const learned = quick ? 100_000 : 500_000;
    try {
      await home.topics.remove(readingsTopic.name);
      await publishReadings(home, 0, learned);
      await learningJob(bench, 'mlp', learned);
      await learningJob(bench, 'gru', learned);
      const rows = quick ? 500_000 : 5_000_000;
      await publishReadings(home, learned, rows);
      await windowsJob(bench, rows);
    } finally {
      await home.close();
    }
  });

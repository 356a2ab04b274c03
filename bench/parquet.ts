/** Parquet beside pyarrow and DuckDB, one thread each, same files: `npm run bench -- parquet`. Peers run where bench/.venv has them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report, Suite } from './bench-line.ts';
import { withBroker } from './ingest/broker.ts';

interface Measured {
  readonly rows: number;
  readonly seconds: number;
  /** Peak memory of the process, MB. */
  readonly rss: number;
  readonly p99?: number;
  /** Of all threads, seconds. */
  readonly cpu?: number | null;
}

/** The best rate of some runs, rows/s, and their highest memory, MB. */
interface Best {
  readonly rate: number;
  readonly rss: number;
}

const PYTHON = join(import.meta.dirname, '.venv', 'bin', 'python');
const PEERS = ['pyarrow', 'duckdb'] as const;
const ROUNDS = 3;

function measured(command: string, parameters: readonly string[]): Measured {
  return JSON.parse(execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Measured;
}

const OURS = join(import.meta.dirname, 'parquet', 'ours.ts');

/** The package as it is installed. */
const ours = (...parameters: string[]): Measured => measured(process.execPath, [OURS, ...parameters]);
const peer = (...parameters: string[]): Measured => measured(PYTHON, [join(import.meta.dirname, 'parquet', 'peers.py'), ...parameters]);

const best = (runs: readonly Measured[]): number => Math.max(...runs.map(({ rows, seconds }) => rows / seconds));

/** CPU time of all threads, ns per row. */
const leastCpu = (runs: readonly Measured[]): number => Math.min(...runs.map(({ rows, cpu }) => ((cpu ?? Number.NaN) * 1e9) / rows));

/** Ours and the peers in turns; the best round of each counts. Returns ours. */
function compare(report: Report, name: string, mine: () => Measured, theirs: (peer: string) => Measured): Best {
  const runs = new Map<string, Measured[]>([['ours', []], ...PEERS.map((one) => [one, []] as [string, Measured[]])]);
  for (let round = 0; round < ROUNDS; round++) {
    runs.get('ours')?.push(mine());
    for (const one of PEERS) runs.get(one)?.push(theirs(one));
  }
  const rate = best(runs.get('ours') ?? []);
  for (const one of PEERS)
    report({ case: name, unit: 'rows/s', ours: rate, peer: { name: `${one}, 1 thread`, value: best(runs.get(one) ?? []) } });
  const own = { rate, rss: Math.max(...(runs.get('ours') ?? []).map(({ rss }) => rss)) };
  const busy = leastCpu(runs.get('ours') ?? []);
  if (Number.isNaN(busy)) return own;
  for (const one of PEERS)
    report({
      case: `${name}, CPU time`,
      unit: 'ns/row',
      ours: busy,
      peer: { name: one, value: leastCpu(runs.get(one) ?? []) },
      lessIsBetter: true,
    });
  return own;
}

const TWO = 'at,temperature';
/** Of runs of less than half a second. */
const SHORT_ROUNDS = 6;

/** Two columns of one reader, and all of them, in turns. */
function besideAll(report: Report, name: string, read: (...columns: string[]) => Measured): void {
  const two: Measured[] = [];
  const all: Measured[] = [];
  for (let round = 0; round < SHORT_ROUNDS; round++) {
    two.push(read(TWO));
    all.push(read());
  }
  report({ case: name, unit: 'rows/s', ours: best(two), peer: { name: 'ten columns', value: best(all) } });
}

export const run: Suite = async (report, { quick }) => {
  if (!existsSync(PYTHON))
    throw new Error('the peers are missing: scripts/python-venv.sh makes bench/.venv; then bench/.venv/bin/pip install pyarrow duckdb');
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const rows = quick ? 1_000_000 : 10_000_000;
  const folder = join(tmpdir(), 'millrace-bench-parquet');
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'run-'));
  try {
    for (const codec of ['snappy', 'zstd']) {
      const file = join(folder, `sensors-${rows}-${codec}.parquet`);
      if (!existsSync(file)) peer('make', file, String(rows), codec);
      const all = compare(
        report,
        `read ${codec}`,
        () => ours('read', file),
        (one) => peer('read', one, file),
      );
      compare(
        report,
        `write ${codec}`,
        () => ours('write', file, join(work, 'archive'), codec),
        (one) => peer('write', one, file, join(work, 'peer.parquet'), codec),
      );
      if (codec === 'snappy') {
        compare(
          report,
          'read two of ten columns',
          () => ours('read', file, TWO),
          (one) => peer('read', one, file, TWO),
        );
        besideAll(report, 'two columns beside all ten, both ours', (...columns) => ours('read', file, ...columns));
        for (const one of PEERS)
          besideAll(report, `two columns beside all ten, both ${one}`, (...columns) => peer('read', one, file, ...columns));
        report({ case: 'peak memory of reading', unit: 'MB', ours: all.rss, lessIsBetter: true });
      }
    }
    const fed: Measured[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // What rounds before have left to be written is not part of it.
      execFileSync('sync');
      fed.push(ours('feed', join(folder, `sensors-${rows}-snappy.parquet`), join(work, 'log')));
    }
    report({ case: 'replay into the embedded log as JSON', unit: 'rows/s', ours: best(fed) });
    await withBroker(async (brokers) => {
      const sent = ours('feed', join(folder, `sensors-${rows}-snappy.parquet`), `kafka:${brokers}`);
      report({ case: 'replay into Kafka as JSON', unit: 'rows/s', ours: sent.rows / sent.seconds });
    });
    // 200 rows a second of event time, at 50 times their pace.
    const paced = ours('pace', join(folder, `sensors-${rows}-snappy.parquet`), '50');
    report({ case: 'pacing error at 10,000 rows/s, p99', unit: 'ms', ours: paced.p99 ?? Number.NaN, lessIsBetter: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

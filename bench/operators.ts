/** Operators beside polars and duckdb (one thread each) and arquero: `npm run bench -- operators`. Peers run where bench/.venv and bench/peers have them. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { columnData, float64Data, makeBatch, numberView, takeRows, withColumns, withRoles } from '../columnar/index.ts';
import {
  type Columns,
  count,
  dedupe,
  filterRows,
  impute,
  joinAsOf,
  lag,
  max,
  mean,
  min,
  mineTemplates,
  standardize,
  tumblingWindow,
  withColumn,
} from '../operators/index.ts';
import { type Operator, type StreamBatch, streamBatch } from '../streams/index.ts';
import type { BenchResult, Report, Suite } from './bench-line.ts';
import { linesData } from './operators/log-lines.ts';
import { joinRateOf, rateOf, rowsOf, timed } from './operators/rates.ts';
import { BATCH, streamData } from './operators/stream-data.ts';

const PYTHON = join(import.meta.dirname, '.venv', 'bin', 'python');
const ARQUERO = join(import.meta.dirname, 'peers', 'node_modules', 'arquero');
const ROUNDS = 3;

type Peer = readonly [name: string, rate: () => number | undefined];

/** Ours and the peers in turns; the best round of each counts. */
function compare(report: Report, name: string, ours: () => number, peers: readonly Peer[], unit = 'rows/s'): void {
  let best = 0;
  const theirs = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.max(best, ours());
    for (const [peer, rate] of peers) theirs.set(peer, Math.max(theirs.get(peer) ?? 0, rate() ?? 0));
  }
  const measured = [...theirs].filter(([, value]) => value > 0);
  if (measured.length === 0) report({ case: name, unit, ours: best });
  for (const [peer, value] of measured) report({ case: name, unit, ours: best, peer: { name: peer, value } } satisfies BenchResult);
}

const python = (benchCase: string, rows: number): Peer[] =>
  ['polars', 'duckdb'].map((peer) => {
    // Each has its own three rounds within one process, since making the data takes longer than the work.
    let known: number | undefined;
    const rate = () => {
      known ??= existsSync(PYTHON)
        ? Number(
            execFileSync(PYTHON, [join(import.meta.dirname, 'operators', 'peers.py'), benchCase, peer, String(rows)], { encoding: 'utf8' }),
          )
        : undefined;
      return known;
    };
    return [`${peer}, 1 thread`, rate] as const;
  });

const steps = (...operators: readonly unknown[]) => operators as Operator<never>[];
const half = (row: unknown) => (row as Columns<{ a: import('apache-arrow').Float64 }>).a.greaterThan(0.5);
const derived = (row: unknown) => {
  const { a, b } = row as Columns<{ a: import('apache-arrow').Float64; b: import('apache-arrow').Float64 }>;
  return a.times(2).plus(b);
};

/** The ten operators of the overhead case, each also as the plain loop that it runs. */
const TEN = Array.from({ length: 10 }, (_, index) => withColumn(`c${index}`, derived as never));

/** The same arithmetic over the same batches without streams, tasks and RxJS. */
function direct(batches: readonly StreamBatch[]): number {
  let rows = 0;
  const milliseconds = timed(() => {
    for (const { batch } of batches) {
      let current = batch;
      for (let step = 0; step < 10; step++) {
        const [a, b] = [numberView(current, 'a').values, numberView(current, 'b').values];
        const twice = new Float64Array(current.numRows);
        for (let row = 0; row < twice.length; row++) twice[row] = (a[row] as number) * 2;
        const sum = new Float64Array(current.numRows);
        for (let row = 0; row < sum.length; row++) sum[row] = (twice[row] as number) + (b[row] as number);
        current = withColumns(current, { [`c${step}`]: float64Data(sum) });
      }
      rows += current.numRows;
    }
  });
  return (rows / milliseconds) * 1000;
}

interface Arquero {
  table(columns: object): {
    filter(condition: object): { derive(columns: object): { numRows(): number } };
    groupby(...keys: unknown[]): { rollup(columns: object): { numRows(): number } };
  };
  escape(condition: (row: Record<string, number>) => unknown): object;
  readonly op: Record<string, (column?: string) => object>;
}

async function arqueroPeers(batches: readonly StreamBatch[]): Promise<{ filter: Peer[]; window: Peer[] }> {
  if (!existsSync(ARQUERO)) return { filter: [], window: [] };
  const aq = (await import(`${ARQUERO}/src/index.js`)) as Arquero;
  const rows = rowsOf(batches);
  const gather = (name: string) => {
    const all = new Float64Array(rows);
    let at = 0;
    for (const { batch } of batches) {
      all.set(numberView(batch, name as never).values, at);
      at += batch.numRows;
    }
    return all;
  };
  const keys = new Int32Array(rows);
  let at = 0;
  for (const { batch } of batches) {
    keys.set((columnData(batch, 'key' as never).values as Int32Array).subarray(0, batch.numRows), at);
    at += batch.numRows;
  }
  const table = aq.table({ t: gather('at').map((time) => Math.floor(time / 60_000)), key: keys, a: gather('a'), b: gather('b') });
  const rate = (work: () => { numRows(): number }) => () => (rows / timed(() => work().numRows())) * 1000;
  return {
    filter: [
      [
        'arquero',
        rate(() =>
          table
            .filter(aq.escape((row) => (row.a as number) > 0.5))
            .derive({ c: aq.escape((row) => (row.a as number) * 2 + (row.b as number)) }),
        ),
      ],
    ],
    window: [
      [
        'arquero',
        rate(() =>
          table.groupby('t', 'key').rollup({ n: aq.op.count?.(), m: aq.op.mean?.('a'), l: aq.op.min?.('a'), h: aq.op.max?.('a') }),
        ),
      ],
    ],
  };
}

export const run: Suite = async (report, { quick }) => {
  const rows = quick ? 1_000_000 : 10_000_000;
  const batches = streamData(rows);
  const arquero = await arqueroPeers(batches.slice(0, Math.ceil(2_000_000 / BATCH)));

  compare(report, 'filter and derive', () => rateOf(steps(filterRows(half as never), withColumn('c', derived as never)), batches), [
    ...python('filter', rows),
    ...arquero.filter,
  ]);

  const aggregates = { n: count(), m: mean('a'), l: min('a'), h: max('a') };
  compare(
    report,
    'tumbling window, 500 keys, 4 aggregates',
    () => rateOf(steps(tumblingWindow({ size: '1m', key: 'key', aggregates } as never)), batches),
    [...python('window', rows), ...arquero.window],
  );

  const prices = streamData(rows / 4, { step: 40 });
  const joined = numberByTime(batches, prices);
  compare(
    report,
    'as-of join',
    () =>
      joinRateOf(
        ([left, right]) => joinAsOf(right as never, { key: 'key', columns: ['a'], prefix: 'right_' } as never)(left as never) as never,
        joined,
      ),
    python('as-of', rows),
  );

  compare(
    report,
    'dedupe, 1 M live keys',
    () => rateOf(steps(dedupe({ key: 'id', ttl: '3650d', maxEntries: 1_048_576 } as never)), withoutTime(batches)),
    python('dedupe', rows),
  );

  const lines = linesData(quick ? 100_000 : 500_000);
  compare(report, 'template mining', () => rateOf(steps(mineTemplates({ column: 'line' } as never)), lines), [], 'lines/s');

  const part = batches.slice(0, Math.ceil(2_000_000 / BATCH));
  compare(report, 'ten operators', () => rateOf(TEN as never, part), [['the same loops called directly', () => direct(part)]]);

  const features = steps(
    impute({ columns: ['a'], key: 'key' } as never),
    lag({ columns: ['a'], key: 'key', steps: [1, 24] } as never),
    standardize({ columns: ['a', 'b', 'aLag1', 'aLag24'], key: 'key', fill: 0 } as never),
  );
  compare(report, 'impute, lag, standardize', () => rateOf(features, part), []);
};

/** Batches of two streams numbered by time, as a task numbers them: equal times take the right one first. */
function numberByTime(left: readonly StreamBatch[], right: readonly StreamBatch[]): StreamBatch[][] {
  // The right stream has a quarter of the rows: each of its batches is cut in four, so that turns cover equal times.
  const quarters = right
    .flatMap((batch) => [0, 1, 2, 3].map((quarter) => slice(batch, quarter * (BATCH / 4), (quarter + 1) * (BATCH / 4))))
    .filter(({ batch }) => batch.numRows > 0);
  const place = (batch: StreamBatch, input: number) => ({ ...batch, ordinal: batch.watermark.map((time) => (time / 10) * 2 + input) });
  return [left.map((batch) => place(batch, 1)), quarters.map((batch) => place(batch, 0))];
}

function slice(input: StreamBatch, from: number, to: number): StreamBatch {
  const end = Math.min(to, input.batch.numRows);
  const rows = Int32Array.from({ length: Math.max(0, end - from) }, (_, row) => from + row);
  const batch = takeRows(input.batch, rows);
  return {
    ...streamBatch(batch),
    watermark: input.watermark.slice(from, end),
    ordinal: input.ordinal.slice(from, end),
    sub: input.sub.slice(from, end),
  };
}

/** The stream without event time: keys alone tell rows apart. */
function withoutTime(batches: readonly StreamBatch[]): StreamBatch[] {
  return batches.map((input) => {
    const schema = withRoles(input.batch.schema.select(['id', 'a']) as never, {});
    return { ...input, batch: makeBatch(schema, [columnData(input.batch, 'id' as never), columnData(input.batch, 'a' as never)]) };
  });
}

/**
 * Formats alone, without a broker: bytes in memory to typed columns, and back. Peers (duckdb and polars, one thread each) run in the same command when
 * bench/.venv has them: bench/formats/peers.py. Rates are rows per second of CPU time, so that other work on the machine weighs less.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import { type BatchSchema, boolean, category, float64, schema, timestamp } from '../columnar/index.ts';
import { combinedLog, combinedLogSchema, csv, type Format, json, logfmt, type RecordColumns, RecordWriter } from '../connectors/index.ts';
import { Random } from '../kernels/index.ts';
import type { Report, Suite } from './bench-line.ts';

const sensor = schema(
  { ts: timestamp(), sensor_id: category(), temp: float64(), hum: float64(), pres: float64(), ok: boolean() },
  { eventTime: 'ts' },
);
const UNIT = 'rows/s of CPU';
/** Rows per batch, as a task takes them. */
const BATCH = 4096;

/** Sensor readings with as many digits as sensors give. */
function readings(rows: number): readonly (readonly [number, string, number, number, number, boolean])[] {
  const random = new Random(7);
  const rounded = (value: number, digits: number) => Number(value.toFixed(digits));
  return Array.from({ length: rows }, (_, row) => [
    1_700_000_000_000 + row * 5,
    `sensor-${String(Math.floor(random.uniform() * 500)).padStart(4, '0')}`,
    rounded(20 + random.uniform() * 10, 3),
    rounded(50 + random.uniform() * 10, 2),
    rounded(1013 + random.uniform() * 6, 1),
    random.uniform() < 0.9,
  ]);
}

function accessLines(rows: number): string[] {
  const random = new Random(8);
  const pick = (values: readonly string[]) => values[Math.floor(random.uniform() * values.length)] as string;
  const agents = ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36', 'curl/8.5.0', '-'];
  return Array.from({ length: rows }, (_, row) => {
    const second = String(Math.floor(row / 50) % 60).padStart(2, '0');
    const client = `10.0.${Math.floor(random.uniform() * 256)}.${Math.floor(random.uniform() * 256)}`;
    const path = `/articles/${Math.floor(random.uniform() * 5000)}/page.html?ref=${Math.floor(random.uniform() * 100)}`;
    const referrer = pick(['-', 'https://www.example.com/search?q=streams', 'https://news.example.org/']);
    return `${client} - - [10/Oct/2024:13:55:${second} +0000] "GET ${path} HTTP/1.1" ${pick(['200', '200', '304', '404'])} ${Math.floor(random.uniform() * 50_000)} "${referrer}" "${pick(agents)}"`;
  });
}

function recordsOf(values: readonly string[]): RecordColumns {
  const writer = new RecordWriter();
  const encoder = new TextEncoder();
  for (const value of values) {
    writer.value(encoder.encode(value));
    writer.endRecord({ key: null, timestamp: 0 });
  }
  return writer.finish();
}

function slice(records: RecordColumns, from: number, to: number): RecordColumns {
  const part = <Column extends Int32Array | Float64Array>(column: Column) => column.subarray(from, to) as Column;
  return {
    count: to - from,
    bytes: records.bytes,
    keyStart: part(records.keyStart),
    keyLength: part(records.keyLength),
    valueStart: part(records.valueStart),
    valueLength: part(records.valueLength),
    timestamp: part(records.timestamp),
    offset: part(records.offset),
    headersStart: part(records.headersStart),
    headersLength: part(records.headersLength),
  };
}

/** Best rows per second of CPU time over several rounds. */
function best(rows: number, rounds: number, work: () => void): number {
  let rate = 0;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    work();
    const used = process.cpuUsage(start);
    rate = Math.max(rate, (rows / (used.user + used.system)) * 1e6);
  }
  return rate;
}

function decoding<T extends TypeMap>(format: Format, columns: BatchSchema<T>, records: RecordColumns): () => void {
  const decoder = format.decoder(columns);
  return () => {
    for (let from = 0; from < records.count; from += BATCH) {
      const { rejects } = decoder.decode(slice(records, from, Math.min(records.count, from + BATCH)));
      if (rejects.length > 0) throw new Error(`${format.name}: ${rejects[0]?.reason}`);
    }
  };
}

function encoding<T extends TypeMap>(format: Format, columns: BatchSchema<T>, records: RecordColumns): () => void {
  const { batch } = json()
    .decoder(columns)
    .decode(slice(records, 0, Math.min(records.count, BATCH)));
  const encoder = format.encoder(columns);
  return () => {
    for (let from = 0; from < records.count; from += BATCH) {
      const writer = new RecordWriter();
      encoder.encode(batch, writer, { key: () => null, timestamp: () => 0 });
      writer.finish();
    }
  };
}

type Kind = 'json' | 'iso' | 'csv';

/** A peer's rate on the same lines, one thread, to Arrow; undefined when it is not installed. */
function peerRate(peer: string, file: string, kind: Kind): number | undefined {
  const python = join(import.meta.dirname, '.venv', 'bin', 'python');
  if (!existsSync(python)) return undefined;
  const result = spawnSync(python, [join(import.meta.dirname, 'formats', 'peers.py'), peer, kind, file], { encoding: 'utf8' });
  return result.status === 0 ? Number(result.stdout) : undefined;
}

/** Reports ours beside each peer that is there. */
function compare(report: Report, folder: string, name: string, kind: Kind, lines: readonly string[], ours: number): void {
  const file = join(folder, kind);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const peers = ['duckdb', 'polars'].map((peer) => ({ name: `${peer}, 1 thread`, value: peerRate(peer, file, kind) }));
  const known = peers.flatMap(({ name: peer, value }) => (value === undefined ? [] : [{ name: peer, value }]));
  if (known.length === 0) report({ case: name, unit: UNIT, ours });
  for (const peer of known) report({ case: name, unit: UNIT, ours, peer });
}

export const run: Suite = async (report, { quick }) => {
  const rows = quick ? 100_000 : 1_000_000;
  const rounds = quick ? 5 : 8;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const values = readings(rows);
  const jsonLines = values.map(([ts, sensor_id, temp, hum, pres, ok]) => JSON.stringify({ ts, sensor_id, temp, hum, pres, ok }));
  const csvLines = values.map((row) => row.join(','));
  const isoLines = values.map(([ts, sensor_id, temp, hum, pres, ok]) =>
    JSON.stringify({ ts: new Date(ts).toISOString(), sensor_id, temp, hum, pres, ok }),
  );
  const jsonRecords = recordsOf(jsonLines);
  const decoded = (format: Format, lines: readonly string[]) => best(rows, rounds, decoding(format, sensor, recordsOf(lines)));
  compare(report, folder, 'JSON to columns', 'json', jsonLines, decoded(json(), jsonLines));
  compare(report, folder, 'JSON with ISO dates to columns', 'iso', isoLines, decoded(json(), isoLines));
  report({ case: 'columns to JSON', unit: UNIT, ours: best(rows, rounds, encoding(json(), sensor, jsonRecords)) });
  compare(report, folder, 'CSV to columns', 'csv', csvLines, decoded(csv(), csvLines));
  const access = recordsOf(accessLines(rows / 2));
  report({
    case: 'combined log lines to columns',
    unit: UNIT,
    ours: best(rows / 2, rounds, decoding(combinedLog(), combinedLogSchema, access)),
  });
  const pairs = recordsOf(values.map(([ts, id, temp, , , ok]) => `ts=${ts} sensor_id=${id} temp=${temp} ok=${ok} msg="a line"`));
  report({ case: 'logfmt to columns', unit: UNIT, ours: best(rows, rounds, decoding(logfmt(), sensor, pairs)) });
  rmSync(folder, { recursive: true });
};

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Vector } from 'apache-arrow';
import { readParquet } from 'parquet-wasm/node';
import { describe, expect, test } from 'vitest';
import { batchesFromIpc } from '../../../columnar/index.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FILE = join(ROOT, 'examples/air-quality/data/beijing-air.parquet');
const SOURCE = join(process.env.MILLRACE_DATA ?? join(ROOT, '../shared/data'), 'beijing-air');

interface Figures {
  readonly rows: number;
  readonly stations: readonly string[];
  readonly first: string;
  readonly last: string;
  readonly columns: Readonly<Record<string, { readonly nulls: number; readonly min: number; readonly max: number; readonly sum: number }>>;
  readonly windDirection: { readonly nulls: number; readonly distinct: number };
  readonly dinglingNoonOfJune1st2015: Readonly<Record<string, number | string | null>>;
}

/** Counted from the CSV files by scripts/air-quality-figures.py, which shares no code with the script that made the file. */
const figures = JSON.parse(readFileSync(new URL('data.json', import.meta.url), 'utf8')) as Figures;

const batches = batchesFromIpc(readParquet(readFileSync(FILE)).intoIPCStream());

function columnOf<T>(name: string): (T | null)[] {
  return batches.flatMap((batch) => Array.from(batch.getChild(name) as Vector)) as (T | null)[];
}

const stations = columnOf<string>('station');
const times = columnOf<number>('at').map(Number);

describe('the air-quality file', () => {
  test('has every row of six stations', () => {
    expect(stations.length).toBe(figures.rows);
    expect(figures.rows).toBe(6 * 35_064);
    expect([...new Set(stations)].sort()).toEqual(figures.stations);
  });

  test('is ordered by time, then by station, without a gap', () => {
    const start = Date.parse(figures.first);
    for (let row = 0; row < figures.rows; row++) {
      const [station, at] = [figures.stations[row % 6], start + Math.floor(row / 6) * 3_600_000];
      if (stations[row] !== station || times[row] !== at) expect([row, stations[row], times[row]]).toEqual([row, station, at]);
    }
    expect(new Date(times.at(-1) as number).toISOString()).toBe(figures.last);
  });

  test.each(Object.keys(figures.columns))('%s has the nulls and values of the source', (name) => {
    const present = columnOf<number>(name).filter((value) => value !== null);
    const expected = figures.columns[name] as Figures['columns'][string];
    expect(figures.rows - present.length).toBe(expected.nulls);
    expect(present.reduce((least, value) => Math.min(least, value), Infinity)).toBe(expected.min);
    expect(present.reduce((most, value) => Math.max(most, value), -Infinity)).toBe(expected.max);
    // The source's figure is an exact sum; ours rounds at every row.
    const sum = present.reduce((total, value) => total + value, 0);
    expect(Math.abs(sum / expected.sum - 1)).toBeLessThan(1e-12);
  });

  test('windDirection has the nulls and values of the source', () => {
    const directions = columnOf<string>('windDirection');
    expect(directions.filter((direction) => direction === null).length).toBe(figures.windDirection.nulls);
    expect(new Set(directions.filter((direction) => direction !== null)).size).toBe(figures.windDirection.distinct);
  });

  test('puts the hours of Beijing into UTC', () => {
    const noon = Date.parse('2015-06-01T12:00:00+08:00');
    const row = times.findIndex((at, index) => at === noon && stations[index] === 'Dingling');
    const names = Object.keys(figures.dinglingNoonOfJune1st2015);
    const found = Object.fromEntries(names.map((name) => [name, columnOf(name)[row]]));
    expect(found).toEqual(figures.dinglingNoonOfJune1st2015);
  });
});

if (existsSync(SOURCE)) {
  test('scripts/make-air-quality.ts makes the file again, byte by byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-air-'));
    const output = join(folder, 'again.parquet');
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/make-air-quality.ts'), output], { encoding: 'utf8' });
    expect(stderr).not.toContain('Error');
    expect(status).toBe(0);
    expect(readFileSync(output).equals(readFileSync(FILE))).toBe(true);
    rmSync(folder, { recursive: true });
  });
} else {
  test('skipped: scripts/make-air-quality.ts makes the file again (needs the CSV files: set MILLRACE_DATA)', { skip: true }, () => {});
}

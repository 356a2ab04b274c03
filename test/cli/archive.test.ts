import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inspectParquet } from '../../connectors/index.ts';
import { millrace } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-archive-test-'));
const state = join(folder, 'state');
const archived = (...words: readonly string[]) => millrace('archive', 'seconds', '--state', state, ...words);
const filesIn = (name: string) =>
  readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet'))
    .sort();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const rows = Array.from({ length: 600 }, (_, row) => `s${row % 2},${new Date(1_700_000_000_000 + row * 60_000).toISOString()},${row}`);
  writeFileSync(join(folder, 'seconds.csv'), `${['sensor,at,value', ...rows].join('\n')}\n`);
  await millrace('convert', join(folder, 'seconds.csv'), join(folder, 'seconds.parquet'));
  expect(await millrace('replay', join(folder, 'seconds.parquet'), '--to', 'seconds', '--state', state)).toMatchObject({ code: 0 });
});

test('each folder gets all records, once: by columns and time, in files and row groups as wanted', async () => {
  const wanted = [
    '--event-time',
    'at',
    '--partition-by',
    'sensor',
    '--partition-by-time',
    'day',
    '--row-group-rows',
    '50',
    '--compression',
    'snappy',
  ];
  expect((await archived('--to', join(folder, 'parted'), ...wanted)).stdout.at(-1)).toBe(
    `600 records archived in ${join(folder, 'parted')}, 0 rejected`,
  );
  const parted = filesIn('parted');
  expect(parted.map((file) => file.replace(/\/[^/]+$/, ''))).toEqual(
    ['s0', 's1'].flatMap((sensor) => [`sensor=${sensor}/date=2023-11-14`, `sensor=${sensor}/date=2023-11-15`]),
  );
  const files = await Promise.all(parted.map((file) => inspectParquet(join(folder, 'parted', file), { preview: 0 })));
  expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(600);
  expect(Math.max(...files.flatMap(({ rowGroups }) => rowGroups.map(({ rows }) => rows)))).toBe(50);
  expect(files[0]?.columns.map(({ path, codec }) => [path, codec])).toEqual([
    ['at', 'snappy'],
    ['value', 'snappy'],
  ]);

  expect(await archived('--to', join(folder, 'plain'), '--rows', '250', '--dictionary', 'none')).toMatchObject({ code: 0, stderr: [] });
  const plain = await Promise.all(filesIn('plain').map((file) => inspectParquet(join(folder, 'plain', file), { preview: 0 })));
  expect(plain.map(({ rows }) => rows)).toEqual([250, 250, 100]);
  expect(plain[0]?.columns.flatMap(({ encodings }) => encodings)).not.toContain('rle-dictionary');
  // The same folder by another name.
  await archived('--to', relative(process.cwd(), join(folder, 'plain')), '--rows', '250');
  expect(filesIn('plain')).toHaveLength(3);
});

test('files by spans of event time; columns that are not there are named', async () => {
  expect(await archived('--to', join(folder, 'spans'), '--event-time', 'at', '--interval', '5h')).toMatchObject({ code: 0, stderr: [] });
  expect(filesIn('spans').length).toBeGreaterThanOrEqual(2);
  for (const option of ['--event-time', '--partition-by'])
    expect(await archived('--to', join(folder, 'none'), option, 'pressure')).toMatchObject({
      code: 2,
      stderr: [expect.stringContaining("no column 'pressure'")],
    });
});

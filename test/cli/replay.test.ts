import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parquet, replaying } from '../../connectors/index.ts';
import { MillraceProcess, until } from '../pipeline/crash/millrace-process.ts';
import { millrace } from './command-line.ts';
import { recordsIn, withLog } from './topic-records.ts';

const ROWS = 2000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-replay-'));
const file = join(folder, 'seconds.parquet');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A row a second, of three sensors. */
beforeAll(async () => {
  const text = join(folder, 'seconds.csv');
  const time = (row: number) => new Date(1_700_000_000_000 + row * 1000).toISOString();
  const rows = Array.from({ length: ROWS }, (_, row) => `s${row % 3},${time(row)},${row}`);
  writeFileSync(text, `${['sensor,at,value', ...rows].join('\n')}\n`);
  expect(await millrace('convert', text, file)).toMatchObject({ code: 0 });
});

const valuesIn = (state: string) =>
  withLog(state, async (home) =>
    (await recordsIn(home, 'seconds')).map(
      ({ value }) => (JSON.parse(new TextDecoder().decode(value as Uint8Array)) as { readonly value: number }).value,
    ),
  );
const ALL = Array.from({ length: ROWS }, (_, row) => row);

describe('millrace replay', () => {
  test('publishes all rows once: in their order, with key and event time; --fresh begins anew', async () => {
    const state = join(folder, 'once');
    const words = ['replay', file, '--to', 'seconds', '--key', 'sensor', '--state', state];
    const first = await millrace(...words);
    expect(first).toMatchObject({ code: 0, stderr: [] });
    expect(first.stdout.at(-1)).toBe('2,000 rows published to seconds');
    expect(await valuesIn(state)).toEqual(ALL);
    const [record] = await withLog(state, (home) => recordsIn(home, 'seconds'));
    expect(record).toMatchObject({ key: 's0', timestamp: 1_700_000_000_000, headers: {} });

    const second = await millrace(...words);
    expect(second).toMatchObject({ code: 0, stdout: [`${file} had been replayed: 2,000 rows; --fresh begins anew`], stderr: [] });
    expect(await valuesIn(state)).toHaveLength(ROWS);

    expect((await millrace(...words, '--fresh')).stdout.at(-1)).toBe('2,000 rows published to seconds');
    expect(await valuesIn(state)).toEqual(ALL);
  });

  test('keeps the pace of event time, stops when it is interrupted, and goes on from there', { timeout: 60_000 }, async () => {
    const state = join(folder, 'paced');
    const words = ['replay', file, '--to', 'seconds', '--state', state];
    const paced = new MillraceProcess([...words, '--speed', '100x']);
    await until(paced, async () => (await valuesIn(state).catch(() => [])).length > 50);
    const killed = await paced.kill('SIGINT');
    expect(killed).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(killed.stdout).toMatch(/^[\d,]+ rows published to seconds; stopped: the same command goes on from here$/m);
    const before = await valuesIn(state);
    expect(before.length).toBeLessThan(ROWS);
    expect(before).toEqual(ALL.slice(0, before.length));
    expect(await millrace(...words)).toMatchObject({ code: 0, stderr: [] });
    expect(await valuesIn(state)).toEqual(ALL);
  });

  test('tells share, rows, event time and time left, and publishes the columns that are named', { timeout: 60_000 }, async () => {
    const state = join(folder, 'columns');
    const words = ['replay', join(folder, 'sec*.parquet'), '--to', 'seconds', '--state', state, '--columns', 'at,value'];
    const paced = new MillraceProcess([...words, '--speed', '100x', '--loop', '2']);
    await until(paced, async () => /\d %/.test(paced.stdout));
    expect((await paced.kill('SIGINT')).stdout).toMatch(/ \| \d % {2}[1-9]\d* rows {2}2023-11-14T22:\d\dZ {2}\d+ s left$/m);
    const [record] = await withLog(state, (home) => recordsIn(home, 'seconds'));
    expect(JSON.parse(new TextDecoder().decode(record?.value as Uint8Array))).toEqual({ at: 1_700_000_000_000, value: 0 });
    expect(await millrace(...words, '--loop', 'often')).toMatchObject({
      code: 2,
      stderr: [expect.stringContaining('a number of passes, or forever')],
    });
  });

  test('at a pace first repeats what was committed at full speed, and then paces what follows', async () => {
    const source = replaying(parquet(file, { eventTime: 'at' as never }), { speed: '100000x' }).create();
    await source.open(0, { [file]: 10 });
    const repeated = await source.next({ rows: 4096, bytes: 1e6, until: { [file]: 50 } });
    expect(repeated).toMatchObject({ records: 40, position: { [file]: 50 } });
    expect(await source.next({ rows: 4096, bytes: 1e6, until: { [file]: 50 } })).toBe('idle');
    const offsets: number[] = [];
    for (let read = await source.next({ rows: 4096, bytes: 1e6 }); read !== 'end'; read = await source.next({ rows: 4096, bytes: 1e6 }))
      if (read !== 'idle') offsets.push(...read.offset);
    expect(offsets).toHaveLength(ROWS - 50);
    await source.close();
  });
});

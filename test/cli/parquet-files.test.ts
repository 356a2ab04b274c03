import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MillraceProcess } from '../pipeline/crash/millrace-process.ts';
import { millrace } from './command-line.ts';

const GOOD = fileURLToPath(new URL('../../examples/air-quality/data/beijing-air.parquet', import.meta.url));
const PIPELINE = fileURLToPath(new URL('./feed-file.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-parquet-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

beforeAll(() => {
  const bytes = readFileSync(GOOD);
  writeFileSync(file('truncated.parquet'), bytes.subarray(0, 100_000));
  writeFileSync(file('foreign.parquet'), 'station,at,pm25\nDingling,0,4\n'.repeat(1000));
  writeFileSync(file('empty.parquet'), '');
  // Header and footer are whole; what lies between is not what the footer tells.
  const scrambled = Buffer.from(bytes);
  for (let at = 1000; at < bytes.length - 200_000; at += 7) scrambled[at] = 0x5a;
  writeFileSync(file('scrambled.parquet'), scrambled);
});

const CASES = [
  ['truncated', /FILE_UNREADABLE: cannot read '\S+truncated\.parquet': it is truncated/],
  ['foreign', /FILE_UNREADABLE: cannot read '\S+foreign\.parquet': it is not a Parquet file/],
  ['empty', /FILE_UNREADABLE: cannot read '\S+empty\.parquet': /],
  ['scrambled', /FILE_UNREADABLE: cannot read '\S+scrambled\.parquet': /],
] as const;

describe.each(CASES)('a %s Parquet file', (name, message) => {
  const path = () => file(`${name}.parquet`);

  test('is named by replay, in one line', async () => {
    const { code, stderr } = await millrace('replay', path(), '--to', 'readings', '--state', file(`replayed-${name}`));
    expect(code).toBe(1);
    expect(stderr).toEqual([expect.stringMatching(message)]);
  });

  test('is named by a run whose feed reads it, in one line; the run ends', { timeout: 60_000 }, async () => {
    const end = await new MillraceProcess(['run', PIPELINE, '--state', file(`fed-${name}`)], { env: { MILLRACE_FEED_FILE: path() } }).end;
    expect(end.code).toBe(1);
    expect(end.stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  });
});

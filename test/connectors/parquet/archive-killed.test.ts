import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { archivedRows } from './archived-rows.ts';
import { range, temporaryFolder } from './sample-files.ts';

const base = temporaryFolder();
const EPOCHS = 12;
const EPOCH_ROWS = 10_000;

/** Runs the archive; kills it `after` ms from its first epoch on. Resolves to whether it ended by itself. */
function run(folder: string, after: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['--conditions=millrace-source', join(import.meta.dirname, 'archive-child.ts'), folder, String(EPOCHS)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), after));
  return new Promise((resolve) => child.once('close', (code) => resolve(code === 0)));
}

describe('archive in a process that is killed', () => {
  test('every row once, in files of the same rows, whatever the encoding thread was doing', { timeout: 180_000 }, async () => {
    const folder = join(base, 'killed');
    mkdirSync(folder);
    let kills = 0;
    for (const after of [0, 5, 11, 23, 60_000]) if (!(await run(folder, after))) kills++;
    expect(kills).toBeGreaterThan(1);
    const files = await archivedRows(join(folder, 'archive'), 'count');
    const expected = range(0, Math.ceil((EPOCHS * EPOCH_ROWS) / 25_000)).map((file) => [
      file * 25_000,
      Math.min(EPOCHS * EPOCH_ROWS, (file + 1) * 25_000),
    ]);
    expect(Object.values(files).map((values) => [Number(values[0]), Number(values.at(-1)) + 1])).toEqual(expected);
    expect(Object.values(files).flat().map(Number)).toEqual(range(0, EPOCHS * EPOCH_ROWS));
  });
});

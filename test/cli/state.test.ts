import './embedded-only.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../cli/run-cli.ts';
import { openHome, start } from '../../pipeline/index.ts';
import { publish, readings, totalsPipeline } from '../pipeline/example-pipelines.ts';
import { rowsIn } from '../pipeline/rows-in.ts';

let folder: string;
let said: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-state-'));
  said = [];
  for (const name of ['log', 'error'] as const) vi.spyOn(console, name).mockImplementation((...words) => void said.push(words.join(' ')));
  const home = openHome({ state: folder });
  await publish(home, 'events', readings(30));
  await home.close();
  await start(totalsPipeline(), { state: folder, drain: true }).done;
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const state = (...words: string[]) => runCli(['state', ...words, '--state', folder]);

describe('millrace state', () => {
  it('lists, shows and verifies', async () => {
    expect(await state('list')).toBe(0);
    expect(said[0]).toMatch(/totals\/0 +epoch \d+ +snapshot \d+ +30 rows +ended/);
    expect(await state('show', 'totals')).toBe(0);
    expect(said.join('\n')).toMatch(/runningTotal +version 1 +\d+ bytes/);
    expect(await state('verify', 'totals')).toBe(0);
    expect(said.at(-1)).toBe('totals: 3 cells, checksums and digests hold');
  });

  it('exports, resets and imports', async () => {
    const file = join(folder, 'state.json');
    expect(await state('export', 'totals', file)).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'millrace-state', pipeline: 'totals' });
    expect(await state('reset', 'totals')).toBe(2);
    expect(said.at(-1)).toContain('--yes');
    expect(await state('reset', 'totals', '--yes')).toBe(0);
    await state('list');
    expect(said.at(-1)).toContain('no state');
    expect(await state('import', 'totals', file)).toBe(0);
    expect(await state('import', 'totals', file)).toBe(2);
    expect(await state('verify', 'totals')).toBe(0);
  });

  it('saves under a name, also beside a run, and refuses to pull state away from one', async () => {
    const run = start(totalsPipeline(), { state: folder, fresh: true });
    const home = openHome({ state: folder, shared: true });
    await publish(home, 'events', readings(30, 30));
    await home.close();
    await rowsIn(run, 60);
    // Rows count before they are committed.
    await expect.poll(() => state('save', 'totals', '--savepoint', 'one')).toBe(0);
    expect(await state('show', 'totals', '--savepoint', 'one')).toBe(0);
    expect(await state('reset', 'totals', '--yes')).toBe(1);
    expect(said.at(-1)).toContain('STATE_LOCKED');
    await run.stop();
    expect(await state('reset', 'totals', '--savepoint', 'one', '--yes')).toBe(0);
  });

  it('tells what it does not know', async () => {
    expect(await state('show', 'other')).toBe(1);
    expect(said.at(-1)).toContain("no state of 'other'");
    expect(await state('dance')).toBe(2);
    expect(await state('import', 'totals', join(folder, 'missing.json'), '--yes')).toBe(1);
    expect(said.at(-1)).toContain('FILE_UNREADABLE');
  });
});

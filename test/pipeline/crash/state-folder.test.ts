import { chmodSync, closeSync, cpSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareOutcomes, type Outcome } from '../../../pipeline/simulator/outcome.ts';
import { logOutcome } from './log-outcome.ts';
import { MillraceProcess, type ProcessOptions, until } from './millrace-process.ts';

const FILE = fileURLToPath(new URL('./totals-file.ts', import.meta.url));
const ROWS = { MILLRACE_ROWS: '20000' };
/** Fast enough to end soon, slow enough to be met in the middle: 20,000 seconds of readings in less than two. */
const SLOW = { ...ROWS, MILLRACE_SPEED: '12000x' };
const QUICK_EPOCHS = ['--epoch-time', '20ms'];
/** A source that hangs in the middle, so that the run never ends by itself. */
const STUCK = { ...ROWS, MILLRACE_STUCK_AT: '8000' };
const SMALL_BATCHES = ['--batch-rows', '1000', ...QUICK_EPOCHS];
const root = mkdtempSync(join(tmpdir(), 'millrace-state-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const folder = (name: string) => join(root, name);
const start = (state: string, options: ProcessOptions = {}, args: readonly string[] = []) =>
  new MillraceProcess(['run', FILE, '--state', state, ...args], { env: ROWS, ...options });

const outcomeOf = async (state: string) => logOutcome(state, (await import('./totals-file.ts')).pipeline);

async function totalsIn(state: string): Promise<number> {
  try {
    return (await outcomeOf(state)).records.get('totals/0')?.length ?? 0;
  } catch {
    return 0;
  }
}

const oneLine = (text: string) => text.trim().split('\n');

describe('a state folder', () => {
  let whole: Outcome;

  beforeAll(async () => {
    const end = await start(folder('whole')).end;
    expect(end).toMatchObject({ code: 0, stderr: '' });
    whole = await outcomeOf(folder('whole'));
    expect(whole.records.get('totals/0')).toHaveLength(20_000);
  });

  test('is refused to a second run, which names the first; when that is gone, another goes on', { timeout: 60_000 }, async () => {
    const state = folder('shared');
    const first = start(state, { env: STUCK }, SMALL_BATCHES);
    await until(first, () => first.stderr.includes('the source is stuck'));
    const second = await start(state).end;
    expect(second.code).toBe(1);
    expect(oneLine(second.stderr)).toEqual([expect.stringMatching(/^millrace: STATE_LOCKED: .*shared is in use by process \d+/)]);
    expect(first.running).toBe(true);
    await first.kill('SIGKILL');
    expect((await start(state).end).code).toBe(0);
    expect(compareOutcomes(whole, await outcomeOf(state))).toEqual([]);
  });

  test('holds a committed epoch after SIGTERM, and the next run goes on from there', { timeout: 60_000 }, async () => {
    const state = folder('stopped');
    const first = start(state, { env: SLOW }, QUICK_EPOCHS);
    await until(first, async () => (await totalsIn(state)) > 0);
    const end = await first.kill('SIGTERM');
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end.stdout).toContain('stopped; the next run goes on from here');
    const stopped = await totalsIn(state);
    expect(stopped).toBeGreaterThan(0);
    expect(stopped).toBeLessThan(20_000);
    expect((await start(state).end).code).toBe(0);
    expect(compareOutcomes(whole, await outcomeOf(state))).toEqual([]);
  });

  test('is left in order by a run whose source hangs, after one SIGTERM', { timeout: 60_000 }, async () => {
    const state = folder('hung');
    const first = start(state, { env: STUCK }, SMALL_BATCHES);
    await until(first, () => first.stderr.includes('the source is stuck'));
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 0, signal: null, stdout: expect.stringContaining('stopped') });
    expect((await start(state).end).code).toBe(0);
    expect(compareOutcomes(whole, await outcomeOf(state))).toEqual([]);
  });

  test('survives two SIGTERMs, the second of which ends the process at once', { timeout: 60_000 }, async () => {
    const state = folder('stopped-twice');
    const first = start(state, { env: STUCK }, SMALL_BATCHES);
    await until(first, () => first.stderr.includes('the source is stuck'));
    first.signal('SIGTERM');
    await until(first, () => first.stderr.includes('a second signal stops at once'), 1);
    expect(first.running).toBe(true);
    expect(await first.kill('SIGTERM')).toMatchObject({ code: 130 });
    expect((await start(state).end).code).toBe(0);
    expect(compareOutcomes(whole, await outcomeOf(state))).toEqual([]);
  });

  test('that may not be written is named in one line', { timeout: 60_000 }, async () => {
    const state = folder('read-only');
    mkdirSync(state);
    chmodSync(state, 0o555);
    chmodSync(root, 0o755);
    const end = await start(state, process.getuid?.() === 0 ? { user: 65_534 } : {}).end;
    expect(end.code).toBe(1);
    expect(oneLine(end.stderr)).toEqual([expect.stringMatching(/^millrace: STORE_FAILED: .*read-only\/log\.db.*--state/)]);
  });

  test('on a full disk stops in one line, and goes on once there is room', { timeout: 60_000 }, async () => {
    const state = folder('full');
    const end = await start(state, { fileLimit: 512 }).end;
    expect(end.code).toBe(1);
    expect(oneLine(end.stderr)).toEqual([expect.stringMatching(/^millrace: STORE_FAILED: .*full\/log\.db/)]);
    expect(await totalsIn(state)).toBeLessThan(20_000);
    expect((await start(state).end).code).toBe(0);
    expect(compareOutcomes(whole, await outcomeOf(state))).toEqual([]);
  });

  /** The folder of an ended run whose file was changed since; what a run and a look at its topic then say. */
  async function damagedBy(name: string, damage: (file: string) => void) {
    const state = folder(name);
    cpSync(folder('whole'), state, { recursive: true });
    damage(join(state, 'log.db'));
    const tail = await new MillraceProcess(['tail', 'totals', '-n', '100000', '--state', state]).end;
    const run = await start(state, {}, ['--fresh']).end;
    return { tail, run };
  }

  test('whose database was truncated is named, not served', { timeout: 60_000 }, async () => {
    const { tail, run } = await damagedBy('truncated', (file) => truncateSync(file, Math.floor(statSync(file).size / 2 / 16_384) * 16_384));
    for (const { code, stderr } of [tail, run]) {
      expect(code).toBe(1);
      expect(oneLine(stderr)).toEqual([expect.stringMatching(/^millrace: STORE_DAMAGED: .*truncated\/log\.db/)]);
    }
  });

  test('whose records were overwritten is named, not served', { timeout: 60_000 }, async () => {
    const { tail } = await damagedBy('overwritten', (file) => overwrite(file, 0.2));
    expect(tail.code).toBe(1);
    expect(oneLine(tail.stderr)).toEqual([expect.stringMatching(/^millrace: STORE_DAMAGED: .*overwritten\/log\.db/)]);
  });

  test('with another file in the place of the database is refused', { timeout: 60_000 }, async () => {
    const { run } = await damagedBy('foreign', (file) => {
      truncateSync(file, 0);
      const handle = openSync(file, 'w');
      writeSync(handle, 'this is not a database, but long enough to look like one'.repeat(100));
      closeSync(handle);
    });
    expect(run.code).toBe(1);
    expect(oneLine(run.stderr)).toEqual([expect.stringMatching(/^millrace: STORE_DAMAGED: .*foreign\/log\.db/)]);
  });
});

/** Writes one byte in eight over the tail of the file, from `from` of its length on. */
function overwrite(file: string, from: number): void {
  const { size } = statSync(file);
  const handle = openSync(file, 'r+');
  for (let at = Math.floor(size * from); at < size; at += 4096) writeSync(handle, Buffer.from([0x5a, 0xa5, 0x5a]), 0, 3, at + 2000);
  closeSync(handle);
}

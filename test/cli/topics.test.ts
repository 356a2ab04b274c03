import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { start } from '../../pipeline/index.ts';
import { MillraceProcess, until } from '../pipeline/crash/millrace-process.ts';
import { publish, readings, totalsPipeline } from '../pipeline/example-pipelines.ts';
import { millrace } from './command-line.ts';
import { withLog } from './topic-records.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'millrace-topics-'));
const state = join(root, 'state');
const here = ['--state', state];
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Thirty rows that the totals pipeline has read, and five that it has not. */
beforeAll(async () => {
  await withLog(state, (home) => publish(home, 'events', readings(30)));
  await start(totalsPipeline(), { state, drain: true }).done;
  await withLog(state, (home) => publish(home, 'events', readings(5, 30)));
});

describe('millrace topics', () => {
  test('shows partitions, rows, bytes and the lag of each task', async () => {
    const { code, stdout, stderr } = await millrace('topics', ...here);
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout[0]).toMatch(/^topic +partition +rows +bytes +lag$/);
    expect(stdout).toContainEqual(expect.stringMatching(/^events +0 +35 +[1-9][\d,]* +totals\/0: 5$/));
    expect(stdout).toContainEqual(expect.stringMatching(/^totals +0 +30 +[1-9][\d,]* +-$/));
  });

  test('shows one topic, or one JSON object a line', async () => {
    const { stdout } = await millrace('topics', 'events', '--json', ...here);
    expect(stdout.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ topic: 'events', partition: 0, rows: 35, start: 0, end: 35, lags: [{ task: 'totals/0', lag: 5 }] }),
    ]);
  });

  test('names a topic that there is not', async () => {
    for (const command of ['topics', 'tail']) {
      expect(await millrace(command, 'nosuch', ...here)).toEqual({
        code: 1,
        stdout: [],
        stderr: [expect.stringMatching(/^millrace: UNKNOWN_TOPIC: topic 'nosuch' does not exist; there are 'events', 'totals'/)],
      });
    }
  });
});

describe('millrace tail', () => {
  test('prints the newest records, ten unless told otherwise', async () => {
    const ten = await millrace('tail', 'events', ...here);
    expect(ten).toMatchObject({ code: 0, stderr: [] });
    expect(ten.stdout.map((line) => (JSON.parse(line) as { readonly at: number }).at)).toEqual(
      Array.from({ length: 10 }, (_, row) => (25 + row) * 1000),
    );
    expect((await millrace('tail', 'events', '-n', '2', ...here)).stdout).toEqual(ten.stdout.slice(-2));
    expect((await millrace('tail', 'events', '--lines', '0', ...here)).stdout).toEqual([]);
    expect((await millrace('tail', 'events', '-n', '1000', ...here)).stdout).toHaveLength(35);
  });

  test('prints origin, time and key on request', async () => {
    const { stdout } = await millrace('tail', 'totals', '-n', '1', '--origin', ...here);
    expect(stdout).toEqual([expect.stringMatching(/^0\/29 1970-01-01T00:00:29\.000Z s2 \{"sensor":"s2","at":29000,/)]);
  });

  test('follows: prints records as they arrive, and leaves in good order when it is interrupted', { timeout: 60_000 }, async () => {
    const followed = join(root, 'followed');
    await withLog(followed, (home) => publish(home, 'events', readings(3)));
    const tail = new MillraceProcess(['tail', 'events', '-n', '2', '-f', '--state', followed]);
    const lines = () => tail.stdout.split('\n').length - 1;
    await until(tail, () => lines() === 2);
    await withLog(followed, (home) => publish(home, 'events', readings(4, 3)));
    await until(tail, () => lines() === 6);
    expect(await tail.kill('SIGINT')).toMatchObject({ code: 0, signal: null, stderr: '' });
    const times = tail.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly at: number }).at);
    expect(times).toEqual([1, 2, 3, 4, 5, 6].map((row) => row * 1000));
  });
});

describe('millrace check', () => {
  const totals = file('../pipeline/crash/totals-file.ts');

  test('prints sources, steps and sinks with their schemas, and creates nothing', async () => {
    const none = join(root, 'none');
    const { code, stdout, stderr } = await millrace('check', totals, '--state', none);
    expect([code, stderr]).toEqual([0, []]);
    const text = stdout.join('\n');
    expect(text).toMatch(
      /^pipeline totals\nsources\n {2}events: topic events \(json\)\n {6}sensor: category {2}\(key\)\n {6}at: .*\(event time\)\n {6}value: Float64\?\nsteps\n {2}runningTotal \(state\)\n/,
    );
    expect(text).toMatch(/\nsinks\n {2}totals: topic totals \(json\)\n/);
    expect(existsSync(none)).toBe(false);
  });

  test('--reslice says that cuts make no difference', async () => {
    const { code, stdout, stderr } = await millrace('check', totals, '--reslice', '--rows', '30', ...here);
    expect([code, stderr]).toEqual([0, []]);
    expect(stdout.at(-1)).toBe('reslice: 30 rows in batches of 4096, 1, 7, 100: same rows, same bits');
  });

  test('--reslice fails, and names the topic, when they do', async () => {
    const { code, stderr } = await millrace('check', file('./counts-batches.ts'), '--reslice', ...here);
    expect(code).toBe(1);
    expect(stderr[0]).toBe('reslice: 35 rows in batches of 4096, 1, 7, 100 differ:');
    expect(stderr).toContain('  topic counts/0 (batches of 1 against 4096 rows)');
  });

  test('--reslice needs rows to try', async () => {
    const { code, stderr } = await millrace('check', file('./counts-batches.ts'), '--reslice', '--state', join(root, 'none'));
    expect(code).toBe(1);
    expect(stderr).toEqual([expect.stringMatching(/^millrace: INVALID_PIPELINE: the inputs hold no rows to try \(run the pipeline/)]);
  });
});

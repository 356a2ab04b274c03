import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imbalances, type WrittenSummary } from '../cli/ledger-balance.ts';
import { withLog } from '../cli/topic-records.ts';
import { MillraceProcess, type ProcessEnd } from '../pipeline/crash/millrace-process.ts';

const FILE = fileURLToPath(new URL('../../examples/air-quality/pipeline.ts', import.meta.url));
const ROWS = 210_384;
/** The most that the model's error may be of the baseline's. */
const LIMITS = { '+1h': 0.88, '+6h': 0.83, '+24h': 0.9 } as const;

const folder = mkdtempSync(join(tmpdir(), 'millrace-air-quality-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const state = join(folder, 'state');
const run = (summary: string) => new MillraceProcess(['run', FILE, '--state', state, '--summary', join(folder, summary)]).end;
const read = (summary: string) => JSON.parse(readFileSync(join(folder, summary), 'utf8')) as WrittenSummary;

describe('the main job, whole', () => {
  let end: ProcessEnd;
  let summary: WrittenSummary;

  // One run serves all tests of this file: it costs half a minute.
  beforeAll(async () => {
    end = await run('first.json');
    expect(end).toMatchObject({ code: 0, signal: null, stderr: '' });
    summary = read('first.json');
  }, 280_000);

  test('ends by itself without a complaint', () => {
    expect(end.stdout).toMatch(/^ended$/m);
  });

  test('beats persistence by the margins promised, on more than 200,000 labels each', () => {
    expect(summary.scores.map(({ name, metric }) => [name, metric])).toEqual(Object.keys(LIMITS).map((name) => [name, 'MAE']));
    for (const { name, model, baseline, ratio, n } of summary.scores) {
      expect(ratio, name).toBeLessThanOrEqual(LIMITS[name as keyof typeof LIMITS]);
      expect(ratio).toBe(model / baseline);
      expect(n).toBeGreaterThan(200_000);
    }
  });

  test('accounts for every row', async () => {
    expect(imbalances(summary)).toEqual([]);
    expect(summary).toMatchObject({ rowsIn: ROWS, rowsRejected: 0, rowsDropped: 0, predictions: 3 * ROWS });
    const topics = await withLog(state, (home) => home.topics.list());
    const records = Object.fromEntries(topics.map(({ topic, start, end }) => [topic, end - start]));
    expect(records).toMatchObject({
      readings: ROWS,
      forecasts: summary.predictions,
      rejects: 0,
      scores: summary.ledger['sink scores']?.out,
    });
  });

  test('says when it is started again that it had ended, and sums up the same', { timeout: 60_000 }, async () => {
    const again = await run('second.json');
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/^air-quality had ended in an earlier run; --fresh begins anew$/m);
    expect(read('second.json')).toEqual(summary);
  });
});

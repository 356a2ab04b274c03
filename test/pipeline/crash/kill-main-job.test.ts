import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { compareOutcomes } from '../../../pipeline/simulator/outcome.ts';
import { runWithKills } from './kill-points.ts';
import { logOutcome } from './log-outcome.ts';
import { MillraceProcess } from './millrace-process.ts';
import { seededRandom } from './seeded-random.ts';

const FILE = fileURLToPath(new URL('./air-quality-slice.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const outcomeOf = async (state: string) => logOutcome(state, (await import('./air-quality-slice.ts')).pipeline);

test('the main job, killed ten times, ends with the same weights and the same output as undisturbed', { timeout: 180_000 }, async () => {
  const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000);
  const undisturbed = await new MillraceProcess(['run', FILE, '--state', join(folder, 'undisturbed')]).end;
  expect(undisturbed.stderr).toBe('');
  const expected = await outcomeOf(join(folder, 'undisturbed'));
  const total = expected.records.get('forecasts/0')?.length ?? 0;
  expect(total).toBeGreaterThan(30_000);

  const points = await runWithKills({
    file: FILE,
    state: join(folder, 'killed'),
    topic: 'forecasts',
    total,
    kills: 10,
    random: seededRandom(seed),
    args: ['--epoch-time', '50ms', '--batch-rows', '256'],
  });
  expect(points.at(-1), `seed ${seed}: kills at ${points.join(', ')}`).toBeLessThan(total);
  expect(compareOutcomes(expected, await outcomeOf(join(folder, 'killed'))), `seed ${seed}: kills at ${points.join(', ')}`).toEqual([]);
});

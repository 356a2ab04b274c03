import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { compareOutcomes, type Outcome } from '../../../pipeline/simulator/outcome.ts';
import { pipeline } from './beside-file.ts';
import { runWithKills } from './kill-points.ts';
import { logOutcome } from './log-outcome.ts';
import { MillraceProcess } from './millrace-process.ts';
import { seededRandom } from './seeded-random.ts';

const FILE = fileURLToPath(new URL('./beside-file.ts', import.meta.url));
const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000);
const root = mkdtempSync(join(tmpdir(), 'millrace-beside-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const outcomeOf = (state: string) => logOutcome(state, pipeline);

const learnCounters = ({ summaries }: Outcome) =>
  (JSON.parse(summaries.get('learning/0') as string) as { readonly steps: { readonly learn: Readonly<Record<string, number>> } }).steps
    .learn;

async function killed(name: string, rows: number, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const state = join(root, name);
  const args = ['--epoch-time', '30ms', '--batch-rows', '100'];
  await runWithKills({ file: FILE, state, topic: 'forecasts', total: rows, kills: 2, random: seededRandom(seed), args, env });
  return outcomeOf(state);
}

test('a run that trains beside, killed twice, ends with the weights and output of an undisturbed one', {
  timeout: 180_000,
}, async () => {
  const undisturbed = await new MillraceProcess(['run', FILE, '--state', join(root, 'undisturbed')]).end;
  expect(undisturbed).toMatchObject({ code: 0, stderr: '' });
  expect(undisturbed.stdout).toMatch(/learn trains beside: \d+ mini-batches learned, 0 of them coalesced with a later one; 0 sampled out/);
  const expected = await outcomeOf(join(root, 'undisturbed'));
  expect(learnCounters(expected).trained).toBeGreaterThan(300);
  expect(compareOutcomes(expected, await killed('killed', 3000, { MILLRACE_SPEED: '1500x' })), `seed ${seed}`).toEqual([]);
});

test('one that leaves mini-batches out repeats its decisions after each kill', { timeout: 180_000 }, async () => {
  // Each start repeats what was committed since the newest snapshot, and stops where it comes out otherwise.
  const outcome = await killed('sampled', 3000, { MILLRACE_SPEED: '1500x', MILLRACE_WHEN_BEHIND: 'sample', MILLRACE_REPLAYS: '30' });
  const { trained, sampledOut } = learnCounters(outcome);
  expect(trained, `seed ${seed}`).toBeGreaterThan(20);
  expect(sampledOut, `seed ${seed}`).toBeGreaterThan(20);
  expect(outcome.records.get('forecasts/0')).toHaveLength(3000);
});

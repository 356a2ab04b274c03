/**
 * The main job on its whole file, killed -9 at random moments and started again, against an undisturbed run.
 *
 *   node --conditions=millrace-source scripts/crash-main-job.ts [--kills 20] [--seed 1] [--epoch-time 1s]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pipeline } from '../examples/air-quality/pipeline.ts';
import { compareOutcomes } from '../pipeline/simulator/outcome.ts';
import { runWithKills } from '../test/pipeline/crash/kill-points.ts';
import { logOutcome } from '../test/pipeline/crash/log-outcome.ts';
import { MillraceProcess } from '../test/pipeline/crash/millrace-process.ts';
import { seededRandom } from '../test/pipeline/crash/seeded-random.ts';

const FILE = fileURLToPath(new URL('../examples/air-quality/pipeline.ts', import.meta.url));

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'epoch-time': { type: 'string', default: '1s' },
  },
});

const outcomeOf = (state: string) => logOutcome(state, pipeline);

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);

async function main(folder: string): Promise<number> {
  let started = performance.now();
  const end = await new MillraceProcess(['run', FILE, '--state', join(folder, 'undisturbed')]).end;
  if (end.code !== 0) throw new Error(`the undisturbed run failed: ${end.stderr}`);
  const expected = await outcomeOf(join(folder, 'undisturbed'));
  const total = expected.records.get('forecasts/0')?.length ?? 0;
  console.log(`undisturbed: ${total} forecasts in ${seconds(started)} s`);
  started = performance.now();
  const points = await runWithKills({
    file: FILE,
    state: join(folder, 'killed'),
    topic: 'forecasts',
    total,
    kills: Number(values.kills),
    random: seededRandom(Number(values.seed)),
    args: ['--epoch-time', values['epoch-time']],
  });
  console.log(`killed ${points.length} times (seed ${values.seed}) at ${points.join(', ')} committed forecasts: ${seconds(started)} s`);
  const differences = compareOutcomes(expected, await outcomeOf(join(folder, 'killed')));
  console.log(differences.length === 0 ? 'identical: output, state of every step, summary' : differences.join('\n'));
  return differences.length === 0 ? 0 : 1;
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
try {
  process.exitCode = await main(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

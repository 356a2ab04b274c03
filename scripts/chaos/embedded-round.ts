import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareOutcomes } from '../../pipeline/testing.ts';
import { runWithKills } from '../../test/pipeline/crash/kill-points.ts';
import { logOutcome } from '../../test/pipeline/crash/log-outcome.ts';
import { MillraceProcess } from '../../test/pipeline/crash/millrace-process.ts';
import { seededRandom } from '../../test/pipeline/crash/seeded-random.ts';
import { pipeline } from '../../test/pipeline/crash/totals-file.ts';
import type { Round } from './round.ts';

const FILE = fileURLToPath(new URL('../../test/pipeline/crash/totals-file.ts', import.meta.url));
const ENV = { MILLRACE_ROWS: '60000', MILLRACE_SPEED: '6000x' };

const outcomeOf = (state: string) => logOutcome(state, pipeline);

/** The embedded log: a feed and a pipeline in one process, killed -9 again and again at random moments on one state folder. */
export async function embeddedRound(seed: number, kills: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-chaos-'));
  try {
    const undisturbed = join(folder, 'undisturbed');
    await new MillraceProcess(['run', FILE, '--state', undisturbed], { env: { MILLRACE_ROWS: ENV.MILLRACE_ROWS } }).end;
    const expected = await outcomeOf(undisturbed);
    const state = join(folder, 'killed');
    await runWithKills({
      file: FILE,
      state,
      topic: 'totals',
      total: Number(ENV.MILLRACE_ROWS),
      kills,
      random: seededRandom(seed),
      args: ['--epoch-time', '20ms', '--batch-rows', '500'],
      env: ENV,
    });
    return {
      kind: 'embedded log',
      faults: { 'kill -9 of the process': kills },
      differences: compareOutcomes(expected, await outcomeOf(state)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

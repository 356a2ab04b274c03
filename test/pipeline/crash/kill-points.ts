import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Home, openLog } from '../../../connectors/index.ts';
import { MillraceProcess } from './millrace-process.ts';

/** A run that is killed again and again. */
export interface KilledRun {
  /** Pipeline file. */
  readonly file: string;
  readonly state: string;
  /** Topic whose committed records show how far the run has come, and how many an undisturbed run commits. */
  readonly topic: string;
  readonly total: number;
  readonly kills: number;
  readonly random: () => number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Committed records at the moment of each kill. */
export type KillPoints = readonly number[];

/**
 * Runs a pipeline in processes of its own and kills -9 each of them at a random moment, spread over the whole run: in the middle of epochs, of commits and of recoveries. The last process
 * runs to its end.
 */
export async function runWithKills(run: KilledRun): Promise<KillPoints> {
  const points: number[] = [];
  for (let kill = 0; kill < run.kills; kill++) {
    // Beyond where it stands already, but never in the last twentieth: the run must still be going on when it is killed.
    const before = points.at(-1) ?? 0;
    const goal = Math.max(before + 1, Math.floor((run.total * 0.9 * (kill + run.random())) / run.kills));
    // Every fourth dies on its way up, before it has committed anything.
    const early = kill % 4 === 3;
    const running = startProcess(run);
    if (early) await pause(run.random() * 600);
    else {
      while (running.running && (await committed(run)) < goal) await pause(4);
      await pause(run.random() * 30);
    }
    const end = await running.kill('SIGKILL');
    if (end.signal !== 'SIGKILL') throw new Error(`run ${kill} ended before it was killed: ${end.code} ${end.stdout}${end.stderr}`);
    points.push(await committed(run));
  }
  const end = await startProcess(run).end;
  if (end.code !== 0) throw new Error(`the last run failed: ${end.stderr}`);
  return points;
}

const startProcess = ({ file, state, args = [], env }: KilledRun) =>
  new MillraceProcess(['run', file, '--state', state, ...args], { env: env ?? {} });

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function committed({ state, topic }: KilledRun): Promise<number> {
  if (!existsSync(join(state, 'log.db'))) return 0;
  let home: Home | undefined;
  try {
    home = openLog(state, { readOnly: true });
    return (await home.topics.list()).reduce((sum, info) => (info.topic === topic ? sum + info.end : sum), 0);
  } catch {
    return 0;
  } finally {
    await home?.close();
  }
}

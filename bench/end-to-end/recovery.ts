import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openHome } from '../../pipeline/index.ts';
import { publishReadings } from './records.ts';

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const PIPELINE = fileURLToPath(new URL('./recovery-pipeline.ts', import.meta.url));
const TOPIC = 'bench-mlp';

function runMillrace(state: string): ChildProcess {
  return spawn(process.execPath, ['--conditions=millrace-source', CLI, 'run', PIPELINE, '--state', state], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

const gone = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve));

/** Seconds from the start of a process after a kill -9 in mid-run to the first prediction that it adds, its own start included. */
export async function measureRecovery(state: string, rows: number): Promise<number> {
  const home = openHome({ state, shared: true });
  await publishReadings(home, 0, rows);
  const published = async () =>
    (await home.topics.list().then((infos) => infos.filter(({ topic }) => topic === TOPIC))).reduce((sum, { end }) => sum + end, 0);
  const until = async (child: ChildProcess, enough: number) => {
    while ((await published()) < enough) {
      if (child.exitCode !== null) throw new Error(`the run ended with status ${child.exitCode} before it had published ${enough} rows`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const first = runMillrace(state);
  await until(first, rows / 5);
  const killed = gone(first);
  first.kill('SIGKILL');
  await killed;
  const before = await published();
  const begun = performance.now();
  const second = runMillrace(state);
  await until(second, before + 1);
  const seconds = (performance.now() - begun) / 1000;
  const stopped = gone(second);
  second.kill('SIGKILL');
  await stopped;
  await home.close();
  return seconds;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openHome, readSavedTasks } from '../../pipeline/index.ts';
import { StateReader } from '../../streams/index.ts';
import { MillraceProcess, type ProcessEnd, until } from '../pipeline/crash/millrace-process.ts';
import { publish, readings } from '../pipeline/example-pipelines.ts';
import { network } from './changed-network.ts';
import { pipelineText, type Variant } from './changed-pipeline.ts';
import { millrace } from './command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-changed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const state = join(folder, 'state');
const file = join(folder, 'pipeline.ts');

const FIRST: Variant = { columns: ['value'], leads: ['3s'] };
const ANOTHER_HEAD: Variant = { columns: ['value'], leads: ['3s', '6s'] };
const ANOTHER_COLUMN: Variant = { columns: ['value', 'valueLag1'], leads: ['3s', '6s'] };

/** Publishes readings, and returns how many there are then. */
async function feed(rows: number): Promise<number> {
  const home = openHome({ state, shared: true });
  const before = (await home.topics.ensure('events', { partitions: 1 })) && (await home.topics.list('events'))[0]?.end;
  await publish(home, 'events', readings(rows, before ?? 0));
  await home.close();
  return (before ?? 0) + rows;
}

const committed = async () => {
  const home = openHome({ state, shared: true });
  try {
    return (await home.epochs.peek('changing/0'))[0]?.nextOrdinal ?? 0;
  } finally {
    await home.close();
  }
};

/** Writes the pipeline file, runs it in a process of its own until it has committed `rows`, and stops it in order. */
async function run(variant: Variant, rows: number, args: readonly string[] = []): Promise<ProcessEnd> {
  writeFileSync(file, pipelineText(variant));
  const process = new MillraceProcess(['run', file, '--state', state, '--epoch-time', '20ms', ...args]);
  await until(process, async () => !process.running || (await committed()) >= rows, 30).catch(() => {});
  return process.kill('SIGTERM');
}

/** Weights of the network in the newest snapshot. */
async function weights(columns: number, leads: number): Promise<ReadonlyMap<string, Float32Array>> {
  const home = openHome({ state, shared: true });
  const [saved] = await readSavedTasks(home, 'changing');
  await home.close();
  const input = new StateReader(saved?.snapshot.cells.find(({ id }) => id === 'forecast')?.bytes as Uint8Array);
  // Options, the place of the last row, keys; then the estimator.
  for (let option = 0; option < 6; option++) input.string();
  for (let place = 0; place < 4; place++) input.number();
  input.strings();
  const model = network(columns, leads);
  model.restore(input.bytes());
  return model.weights();
}

const saveAndForget = async (savepoint: string) => {
  expect((await millrace('state', 'save', 'changing', '--savepoint', savepoint, '--state', state)).code).toBe(0);
  expect((await millrace('state', 'reset', 'changing', '--yes', '--state', state)).code).toBe(0);
};

describe('a pipeline file that was changed between two runs', () => {
  test('goes on from a savepoint with what fits, and says what begins anew', { timeout: 120_000 }, async () => {
    const rows = await feed(120);
    expect(await run(FIRST, rows)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('began anew') });
    const trained = await weights(1, 1);

    const refused = await run(ANOTHER_HEAD, rows + 1);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/STATE_INCOMPATIBLE.*leads.*'forecast'.*start from the savepoint/),
    });

    await saveAndForget('one');
    // Too few rows for a step of the optimizer: what was kept is still as it was.
    const more = await feed(5);
    const head = await run(ANOTHER_HEAD, more, ['--savepoint', 'one']);
    expect(head).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        'task changing/0: forecast: kept gru, dense; began anew: dense_1, samples and scores (leads (ms) 3000 -> 3000, 6000)',
      ),
    });
    const kept = await weights(1, 2);
    for (const name of [...trained.keys()].filter((each) => !each.startsWith('dense_1')))
      expect(kept.get(name), name).toEqual(trained.get(name));

    await saveAndForget('two');
    const last = await feed(30);
    const column = await run(ANOTHER_COLUMN, last, ['--savepoint', 'two']);
    expect(column).toMatchObject({ code: 0 });
    expect(column.stderr).toContain('task changing/0: scale: kept value; began anew: valueLag1');
    expect(column.stderr).toContain('task changing/0: past: kept value; began anew: valueLag1');
    expect(column.stderr).toContain('task changing/0: forecast: kept dense, dense_1; began anew: gru');

    // From here on it is the pipeline's own state: nothing more is taken in part.
    const again = await run(ANOTHER_COLUMN, await feed(5), ['--savepoint', 'two']);
    expect(again).toMatchObject({ code: 0, stderr: expect.not.stringContaining('began anew') });
    expect((await run(FIRST, last + 6, ['--savepoint', 'two'])).stderr).toContain('STATE_INCOMPATIBLE');
  });
});

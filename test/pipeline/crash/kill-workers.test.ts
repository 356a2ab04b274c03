import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { partitionOf, RecordWriter } from '../../../connectors/index.ts';
import { openHome } from '../../../pipeline/index.ts';
import { compareOutcomes, readOutcome } from '../../../pipeline/simulator/outcome.ts';
import { PARTITIONS, pipeline } from '../partitioned-pipeline.ts';
import { runWithKills } from './kill-points.ts';
import { MillraceProcess } from './millrace-process.ts';
import { seededRandom } from './seeded-random.ts';

const FILE = fileURLToPath(new URL('../partitioned-pipeline.ts', import.meta.url));
const ROWS = 60_000;
const root = mkdtempSync(join(tmpdir(), 'millrace-kill-workers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function publishRows(state: string): Promise<void> {
  const writers = Array.from({ length: PARTITIONS }, () => new RecordWriter());
  const encoder = new TextEncoder();
  for (let row = 0; row < ROWS; row++) {
    const sensor = encoder.encode(`s${row % 40}`);
    const writer = writers[partitionOf(sensor, PARTITIONS)] as RecordWriter;
    writer.value(encoder.encode(`{"sensor":"s${row % 40}","at":${row * 1000},"value":${(row % 13) + 1}}`));
    writer.endRecord({ key: sensor, timestamp: row });
  }
  const home = openHome({ state });
  await home.topics.ensure('events', { partitions: PARTITIONS });
  for (const [partition, writer] of writers.entries()) await home.topics.append('events', partition, writer.finish());
  await home.close();
}

async function outcomeOf(state: string) {
  const home = openHome({ state, readOnly: true });
  try {
    return await readOutcome(home, pipeline);
  } finally {
    await home.close();
  }
}

test('two workers and the thread that commits for them, killed four times, put out what one worker does', {
  timeout: 240_000,
}, async () => {
  const seed = Number(process.env.MILLRACE_TEST_SEED ?? Date.now() % 1_000_000);
  const [whole, killed] = [join(root, 'whole'), join(root, 'killed')];
  for (const state of [whole, killed]) await publishRows(state);
  expect(await new MillraceProcess(['run', FILE, '--drain', '--state', whole]).end).toMatchObject({ code: 0, stderr: '' });
  const args = ['--drain', '--workers', '2', '--epoch-time', '20ms', '--batch-rows', '32'];
  const points = await runWithKills({
    file: FILE,
    state: killed,
    topic: 'totals',
    total: ROWS,
    kills: 4,
    random: seededRandom(seed),
    args,
  });
  const [expected, found] = [await outcomeOf(whole), await outcomeOf(killed)];
  expect([...expected.records.values()].reduce((sum, records) => sum + records.length, 0)).toBe(ROWS);
  expect(points.at(-1), `seed ${seed}: kills at ${points.join(', ')}`).toBeLessThan(ROWS);
  expect(compareOutcomes(expected, found), `seed ${seed}: kills at ${points.join(', ')}`).toEqual([]);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { partitionOf, RecordWriter } from '../../connectors/index.ts';
import { openHome, type RunOptions, start } from '../../pipeline/index.ts';
import { PARTITIONS, pipeline } from './partitioned-pipeline.ts';
import { rowsIn } from './rows-in.ts';

const folders: string[] = [];
const module = new URL('./partitioned-pipeline.ts', import.meta.url);

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-workers-'));
  folders.push(folder);
  return folder;
}

/** Rows `from` to `to` of twelve sensors, each in the partition of its key; every 50th cannot be decoded. */
async function publishRows(state: string, from: number, to: number): Promise<void> {
  const writers = Array.from({ length: PARTITIONS }, () => new RecordWriter());
  const encoder = new TextEncoder();
  for (let row = from; row < to; row++) {
    const sensor = `s${row % 12}`;
    const writer = writers[partitionOf(encoder.encode(sensor), PARTITIONS)] as RecordWriter;
    writer.value(encoder.encode(row % 50 === 49 ? 'broken' : JSON.stringify({ sensor, at: row * 1000, value: (row * 7) % 13 })));
    writer.endRecord({ key: null, timestamp: row });
  }
  const home = openHome({ state, shared: true });
  await home.topics.ensure('events', { partitions: PARTITIONS });
  for (const [partition, writer] of writers.entries()) if (writer.count > 0) await home.topics.append('events', partition, writer.finish());
  await home.close();
}

/** Committed output per partition, and the state of each task. */
async function outcome(state: string) {
  const home = openHome({ state, readOnly: true });
  const totals = await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      const { count, bytes, timestamp } = await home.topics.read('totals', partition, 0, 1e8);
      return { count, bytes: Buffer.from(bytes).toString('base64'), timestamp: [...timestamp] };
    }),
  );
  const digests = (await home.epochs.peek('partitioned/')).map(({ task, digest }) => ({ task, digest }));
  await home.close();
  return { totals, digests };
}

async function runUntil(state: string, rows: number, options: RunOptions): Promise<void> {
  const run = start(pipeline, { state, module, ...options });
  await rowsIn(run, rows);
  await run.stop();
}

describe('workers', () => {
  it('two give what one gives, bit for bit', async () => {
    const [one, two] = [newFolder(), newFolder()];
    for (const state of [one, two]) await publishRows(state, 0, 2000);
    const alone = await start(pipeline, { state: one, drain: true }).done;
    const together = await start(pipeline, { state: two, drain: true, workers: 2, module }).done;
    expect(together).toEqual({ ...alone, seconds: together.seconds });
    expect(together).toMatchObject({ rowsIn: 2000, rowsRejected: 40, ended: true });
    expect(await outcome(two)).toEqual(await outcome(one));
    expect(await start(pipeline, { state: two, drain: true, workers: 2, module }).done).toMatchObject({ alreadyEnded: true });
  });

  it('take tasks over from one another, with their state: one, two, three, one', async () => {
    const [whole, moved] = [newFolder(), newFolder()];
    await publishRows(whole, 0, 1600);
    await runUntil(whole, 1600, {});
    for (const [turn, workers] of [1, 2, 3, 1].entries()) {
      await publishRows(moved, turn * 400, (turn + 1) * 400);
      await runUntil(moved, (turn + 1) * 400, { workers });
    }
    const { totals, digests } = await outcome(moved);
    const expected = await outcome(whole);
    expect(totals.map(({ count, timestamp }) => ({ count, timestamp }))).toEqual(
      expected.totals.map(({ count, timestamp }) => ({ count, timestamp })),
    );
    expect(digests).toEqual(expected.digests);
  });

  it('fail with the error of the thread that failed', async () => {
    const state = newFolder();
    await publishRows(state, 0, 100);
    const run = start(pipeline, { state, drain: true, workers: 2, module, task: { stateBytes: 10 } });
    await expect(run.done).rejects.toMatchObject({ code: 'STATE_TOO_LARGE', name: 'MillraceError' });
  });

  it('keep a second run off the folder', async () => {
    const state = newFolder();
    await publishRows(state, 0, 100);
    const run = start(pipeline, { state, workers: 2, module });
    await rowsIn(run, 100);
    await expect(start(pipeline, { state, workers: 2, module }).done).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    expect(await run.stop()).toMatchObject({ rowsIn: 100, ended: false });
  });

  it('tell that their module cannot be imported, also when that was known before they had tasks', async () => {
    const state = newFolder();
    await publishRows(state, 0, 100);
    const missing = new URL('./no-such-pipeline.ts', import.meta.url);
    await expect(start(pipeline, { state, drain: true, workers: 2, module: missing }).done).rejects.toThrow('no-such-pipeline');
  });

  it('need a module to import', async () => {
    await expect(start(pipeline, { state: newFolder(), workers: 2 }).done).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

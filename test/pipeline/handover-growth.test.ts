import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archive, type Home, openLog, parquet, type SourceDefinition, topic } from '../../connectors/index.ts';
import { definePipeline, handover, type Pipeline, start } from '../../pipeline/index.ts';
import { type EventColumns, event, publish, readings, totalsPipeline, valuesOf } from './example-pipelines.ts';

let folder: string;
let home: Home;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-growth-'));
  home = openLog(join(folder, 'log'));
});
afterEach(async () => {
  await home.close();
  rmSync(folder, { recursive: true, force: true });
});

const events = topic('events', { schema: event });
const files = () => parquet(join(folder, 'archive'), { schema: event, decodeIn: 'caller' });

/** Archives what the topic holds by now; each time into a file of its own. */
async function archiveTopic(): Promise<void> {
  const pipeline = definePipeline({
    name: 'archiving',
    sources: { events },
    sinks: { archive: archive(join(folder, 'archive'), { schema: event }) },
    flow: (streams) => ({ archive: streams.events }),
  });
  await start(pipeline, { home, drain: true, resumable: true }).done;
}

const pipelineOver = (history: SourceDefinition<EventColumns>) =>
  ({ ...totalsPipeline(), sources: { events: handover(history, events) } }) as unknown as Pipeline;

/** Runs until it has committed so many rows, and leaves as a killed process would: without a newer snapshot than its tasks have taken on the way. */
async function runUntil(rows: number, history: SourceDefinition<EventColumns>, snapshotEvery: number, partition = 0): Promise<void> {
  const task = { batchRows: 10, epochRows: 10, snapshotEvery, snapshotAtStop: false };
  const run = start(pipelineOver(history), { home, task });
  const committed = async () => (await home.epochs.peek(`totals/${partition}`))[0]?.nextOrdinal ?? 0;
  while ((await committed()) < rows) await Promise.race([run.done, new Promise((resolve) => setTimeout(resolve, 5))]);
  await run.stop();
}

/** The totals that a run over the topic alone gives. */
async function totalsOfTopic(): Promise<readonly string[]> {
  const { name: _, ...rest } = totalsPipeline();
  const sinks = { totals: { ...rest.sinks.totals, name: 'alone' } };
  await start({ ...rest, name: 'alone', rejects: 'alone.rejects', sinks } as Pipeline, { home, drain: true }).done;
  return valuesOf(home, 'alone');
}

/** The history, of which only the first `rows` rows can be had for now. */
function slow(history: SourceDefinition<EventColumns>, rows: number): SourceDefinition<EventColumns> {
  const slowed = (definition: SourceDefinition<EventColumns>): SourceDefinition<EventColumns> => ({
    ...definition,
    create: () => {
      const source = definition.create();
      let read = 0;
      return {
        schema: source.schema,
        open: (...place) => source.open(...place),
        close: () => source.close(),
        next: async (budget) => {
          const batch = read >= rows ? 'idle' : await source.next({ ...budget, rows: Math.min(budget.rows, rows - read) });
          if (typeof batch !== 'string') read += batch.batch.numRows;
          return batch;
        },
      };
    },
  });
  return {
    ...slowed(history),
    archivedPart: async (partition, among) => {
      const part = await history.archivedPart?.(partition, among);
      return part === undefined ? undefined : slowed(part);
    },
  };
}

describe('an archive that has grown while nobody read it', () => {
  // Of six or seven epochs the first three are in the history.
  it.each([
    ['no snapshot', 100],
    ['a snapshot in the history', 2],
    ['a snapshot after it', 5],
  ])('does not matter to a run that had gone live, restarted from %s', async (_name, snapshotEvery) => {
    await publish(home, 'events', readings(30));
    await archiveTopic();
    await publish(home, 'events', readings(30, 30));
    await runUntil(snapshotEvery === 2 ? 35 : 60, files(), snapshotEvery);
    await archiveTopic();
    expect(readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.parquet'))).toHaveLength(2);
    await publish(home, 'events', readings(10, 60));
    expect(await start(pipelineOver(files()), { home, drain: true }).done).toMatchObject({ rowsIn: 70, ended: true });
    expect(await valuesOf(home, 'totals')).toEqual(await totalsOfTopic());
  });

  it('does not matter to a partition of which it had held nothing', async () => {
    await home.topics.ensure('events', { partitions: 2 });
    await home.topics.append('events', 0, readings(30));
    await archiveTopic();
    await home.topics.append('events', 1, readings(20));
    await runUntil(20, files(), 100, 1);
    await archiveTopic();
    await home.topics.append('events', 1, readings(10, 20));
    expect(await start(pipelineOver(files()), { home, drain: true }).done).toMatchObject({ rowsIn: 60, ended: true });
    expect(await valuesOf(home, 'totals')).toHaveLength(60);
  });

  it('does not matter to a run that was still in it', async () => {
    await publish(home, 'events', readings(30));
    await archiveTopic();
    await runUntil(20, slow(files(), 20), 100);
    await publish(home, 'events', readings(30, 30));
    await archiveTopic();
    await publish(home, 'events', readings(10, 60));
    expect(await start(pipelineOver(files()), { home, drain: true }).done).toMatchObject({ rowsIn: 70, ended: true });
    expect(await valuesOf(home, 'totals')).toEqual(await totalsOfTopic());
  });

  it('is missed by name where files are gone that have to be read again', async () => {
    await publish(home, 'events', readings(30));
    await archiveTopic();
    await publish(home, 'events', readings(30, 30));
    await runUntil(60, files(), 100);
    await archiveTopic();
    const [first = ''] = readdirSync(join(folder, 'archive'))
      .filter((name) => name.endsWith('.parquet'))
      .toSorted();
    rmSync(join(folder, 'archive', first));
    await expect(start(pipelineOver(files()), { home, drain: true }).done).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(first),
    });
  });
});

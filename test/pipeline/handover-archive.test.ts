import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, openKafka, openLog, type SourceDefinition, type TopicDefinition, topic } from '../../connectors/index.ts';
import { handover, type Input, type Pipeline, start } from '../../pipeline/index.ts';
import { describeWith } from '../require.ts';
import { archiveEvents, archiveIn, stepStates } from './archived-events.ts';
import { type EventColumns, event, publish, readings, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';
import { recurrent } from './simulator/simulated-pipelines.ts';

let folder: string;
let unique = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const eventsOf = (name: string) => topic(`${name}.events`, { schema: event });

/** Archives what the topic holds by now. */
const archiveTopic = (home: Home, name: string) => archiveEvents(home, `${name}-archiving`, eventsOf(name), folder);

/** An online GRU, with lags and standardization before it, that reads from `input` and publishes to a topic of its own. */
function learning(name: string, input: Input<EventColumns>): Pipeline {
  const { pipeline } = recurrent();
  const forecasts = { ...(pipeline.sinks.forecasts as unknown as TopicDefinition<EventColumns>), name: `${name}.forecasts` };
  return { ...pipeline, name, rejects: `${name}.rejects`, sources: { events: input as never }, sinks: { forecasts: forecasts as never } };
}

/** Learns from an archive of the first half of a topic and goes on in the topic while it grows; and once more from the topic alone. */
async function learnsAsFromTheTopic(home: Home): Promise<void> {
  const name = `handover-${process.pid}-${Date.now()}-${++unique}`;
  await publish(home, `${name}.events`, readings(60));
  const history = await archiveTopic(home, name);
  await publish(home, `${name}.events`, readings(40, 60));
  const run = start(learning(`${name}-live`, handover(history, eventsOf(name))), { home });
  await rowsIn(run, 100);
  await publish(home, `${name}.events`, readings(30, 100));
  await rowsIn(run, 130);
  await run.stop();
  // It goes on without the archive from here on.
  rmSync(folder, { recursive: true });
  await publish(home, `${name}.events`, readings(20, 130));
  const last = await start(learning(`${name}-live`, handover(history, eventsOf(name))), { home, drain: true, resumable: true }).done;
  expect(last.rowsIn).toBe(150);

  await start(learning(`${name}-one`, eventsOf(name)), { home, drain: true, resumable: true }).done;
  const expected = await valuesOf(home, `${name}-one.forecasts`);
  expect(expected).toHaveLength(150);
  expect(await valuesOf(home, `${name}-live.forecasts`)).toEqual(expected);
  const state = await stepStates(home, `${name}-live`);
  expect(state.map(([, step]) => step)).toContain('learn');
  expect(state).toEqual(await stepStates(home, `${name}-one`));
}

describe('a handover from an archive of the topic', () => {
  it('goes on in the topic where the archive ends: the same rows and weights as from the topic alone, on the embedded log', async () => {
    const state = mkdtempSync(join(tmpdir(), 'millrace-handover-log-'));
    const home = openLog(state);
    try {
      await learnsAsFromTheTopic(home);
    } finally {
      await home.close();
      rmSync(state, { recursive: true });
    }
  });

  const overArchive = async (grow: (home: Home, history: SourceDefinition<EventColumns>) => Promise<SourceDefinition<EventColumns>>) => {
    const home = openLog(join(folder, 'log'));
    try {
      await publish(home, 'one.events', readings(30));
      const history = await grow(home, await archiveTopic(home, 'one'));
      const pipeline = { ...totalsPipeline(), sources: { events: handover(history, eventsOf('one')) } } as unknown as Pipeline;
      return await start(pipeline, { home, drain: true }).done;
    } finally {
      await home.close();
    }
  };

  it('ends at once when the topic has not grown since', async () => {
    expect(await overArchive(async (_home, history) => history)).toMatchObject({ rowsIn: 30, ended: true });
  });

  it('notices that the archive has grown while it was read', async () => {
    const growing = async (home: Home, history: SourceDefinition<EventColumns>): Promise<SourceDefinition<EventColumns>> => ({
      ...history,
      archivedPart: undefined,
      create: () => {
        const source = history.create();
        return {
          schema: source.schema,
          open: (...place) => source.open(...place),
          next: async (budget) => {
            const batch = await source.next(budget);
            if (batch !== 'end') return batch;
            await publish(home, 'one.events', readings(10, 30));
            await archiveTopic(home, 'one');
            return batch;
          },
          close: () => source.close(),
        };
      },
    });
    await expect(overArchive(growing)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: expect.stringContaining('it ended at offset 30 of one.events/0, and now at 40'),
      hint: expect.stringContaining('stop the pipeline that archives'),
    });
  });

  it('is refused where the history does not tell its end in this topic', async () => {
    const { archivedEnd: _, archivedPart: __, ...silent } = archiveIn(folder);
    await expect(overArchive(async () => silent)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('cannot tell where it ends'),
      hint: expect.stringContaining('{ at }'),
    });
    const foreign = async (_home: Home, history: SourceDefinition<EventColumns>) => ({
      ...history,
      archivedEnd: async () => ({ others: { 0: 30 } }),
    });
    await expect(overArchive(foreign)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('holds rows of others/0, which is not only one.events'),
    });
  });
});

describeWith('kafka', 'a handover from an archive of a topic in Kafka', (kafka) => {
  it('gives the same rows and weights as from the topic alone', { timeout: 120_000 }, async () => {
    const home = openKafka({ brokers: kafka.brokers.join(',') });
    try {
      await learnsAsFromTheTopic(home);
    } finally {
      await home.close();
    }
  });
});

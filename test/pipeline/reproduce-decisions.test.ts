import { afterEach, describe, expect, it } from 'vitest';
import { type Home, type MemoryStore, memoryStore, topic } from '../../connectors/index.ts';
import { createSavepoint, definePipeline, forgetTasks, type Pipeline, reproduce, start } from '../../pipeline/index.ts';
import { journalTopic, readSpans, spanRecords } from '../../pipeline/journal-spans.ts';
import { union } from '../../streams/index.ts';
import { provideTrainingThreads } from '../models/networks/training-threads.ts';
import { event, publish, readings, records, totalsPipeline, valuesOf } from './example-pipelines.ts';
import { learningPipeline } from './learning-pipeline.ts';
import { rowsIn } from './rows-in.ts';

let restore = () => {};
afterEach(() => restore());

/** Training threads of this pace from now on. */
function pace(pause: number): void {
  restore();
  ({ restore } = provideTrainingThreads({ pause }));
}

const draining = (home: Home, task: object = {}) => ({ home, drain: true, resumable: true, task });

/** A run whose training falls behind, with several snapshots and a stop in the middle. */
async function trained(whenBehind: 'sample' | 'coalesce'): Promise<{ readonly store: MemoryStore; readonly pipeline: Pipeline }> {
  const store = memoryStore();
  const pipeline = learningPipeline({ lag: 2, whenBehind });
  pace(4);
  await publish(store.open(), 'events', readings(400));
  await start(pipeline, draining(store.open(), { batchRows: 50, epochRows: 50, snapshotEvery: 2 })).done;
  await publish(store.open(), 'events', readings(200, 400));
  const { steps } = await start(pipeline, draining(store.open(), { batchRows: 64, epochRows: 64, snapshotEvery: 2 })).done;
  expect(steps.learn?.[whenBehind === 'sample' ? 'sampledOut' : 'coalesced']).toBeGreaterThan(10);
  // A fast thread would decide otherwise.
  pace(0);
  return { store, pipeline };
}

describe('reproduce, with decisions of the wall clock', () => {
  it.each(['sample', 'coalesce'] as const)(
    'repeats with whenBehind %s, from the beginning, which mini-batches were left out or put off',
    async (whenBehind) => {
      const { store, pipeline } = await trained(whenBehind);
      const [result] = await reproduce(pipeline, store.open());
      expect(result).toMatchObject({
        base: 'the beginning',
        rows: { from: 0, to: 600 },
        records: 600,
        differingRows: [],
        differingState: undefined,
        unjournaled: undefined,
      });
      expect(result?.statesCompared).toBeGreaterThan(4);
    },
  );

  it('says where it does not know what was decided, and names the first weight that differs', async () => {
    const { store, pipeline } = await trained('sample');
    const home = store.open();
    const [record] = await home.epochs.peek('learning/');
    await home.topics.remove(journalTopic('learning'));
    const [result] = await reproduce(pipeline, home);
    expect(result?.unjournaled).toEqual({ from: 0, to: record?.nextOrdinal });
    expect(result?.differingRows).toHaveLength(1);
    expect(result?.differingState).toMatchObject({
      steps: expect.arrayContaining(['learn']),
      values: [expect.stringMatching(/^learn: weight \S+\[\d+(, \d+)?\] is \S+, stored is \S+ \(\d+ of \d+ differ\)$/)],
    });
  });

  it('repeats which input was idle when', async () => {
    const store = memoryStore();
    const home = store.open();
    const pipeline = definePipeline({
      name: 'both',
      sources: { a: topic('a', { schema: event }), b: topic('b', { schema: event }) },
      sinks: { out: topic('out', { schema: event }) },
      flow: ({ a, b }) => ({ out: union(a, b) }),
    });
    const row = (sensor: string, at: number) => records([JSON.stringify({ sensor, at, value: 1 })]);
    for (const name of ['a', 'b', 'out']) await home.topics.ensure(name, { partitions: 1 });
    const run = start(pipeline, { home: store.open(), task: { snapshotEvery: 1 } });
    // One after the other, event times the other way round: their order is that of arrival, since the other input was idle.
    for (let at = 40; at > 0; at--) {
      await home.topics.append(at % 2 === 0 ? 'a' : 'b', 0, row(`s${at}`, at * 1000));
      await rowsIn(run, 41 - at);
    }
    await run.stop();
    expect((await valuesOf(store, 'out')).map((text) => (JSON.parse(text) as { sensor: string }).sensor).slice(0, 3)).toEqual([
      's40',
      's39',
      's38',
    ]);
    const [result] = await reproduce(pipeline, store.open());
    expect(result).toMatchObject({ rows: { from: 0, to: 40 }, records: 40, differingRows: [], differingState: undefined });
    // Times are looked up in both topics, and the stretch goes on to the next snapshot.
    const [part] = await reproduce(pipeline, store.open(), { from: { time: 0 }, to: { time: 0 } });
    expect(part).toMatchObject({ base: 'the beginning', differingRows: [], differingState: undefined });
    await home.topics.remove(journalTopic('both'));
    expect(await reproduce(pipeline, store.open())).toMatchObject([{ differingRows: [{ topic: 'out' }], unjournaled: { from: 0 } }]);
  });

  it('takes no savepoint of a run that was given up', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(30));
    await start(
      totalsPipeline(() => 1),
      draining(store.open()),
    ).done;
    await createSavepoint(store.open(), 'totals', 'other');
    await forgetTasks(store.open(), 'totals');
    await publish(store.open(), 'events', readings(30, 30));
    await start(totalsPipeline(), draining(store.open(), { batchRows: 10, epochRows: 10, snapshotEvery: 1 })).done;
    const [result] = await reproduce(totalsPipeline(), store.open(), { from: 45 });
    expect(result).toMatchObject({ base: 'the beginning', differingRows: [], differingState: undefined, unjournaled: undefined });
  });

  it('goes on from a savepoint to which the run was put back', async () => {
    const store = memoryStore();
    await publish(store.open(), 'events', readings(30));
    await start(totalsPipeline(), draining(store.open(), { snapshotEvery: 1 })).done;
    await createSavepoint(store.open(), 'totals', 'kept');
    await publish(store.open(), 'events', readings(30, 30));
    await start(totalsPipeline(), draining(store.open(), { snapshotEvery: 1 })).done;
    await forgetTasks(store.open(), 'totals');
    await start(totalsPipeline(), { ...draining(store.open(), { snapshotEvery: 1, batchRows: 7, epochRows: 7 }), savepoint: 'kept' }).done;
    const [early] = await reproduce(totalsPipeline(), store.open(), { from: 40 });
    expect(early).toMatchObject({ base: 'savepoint kept', differingRows: [], differingState: undefined, unjournaled: undefined });
    expect(await reproduce(totalsPipeline(), store.open())).toMatchObject([
      { rows: { from: 0, to: 60 }, unjournaled: undefined, differingState: undefined },
    ]);
  });

  it('keeps long journals in several records', async () => {
    const store = memoryStore();
    const home = store.open();
    await home.topics.ensure(journalTopic('p'), { partitions: 1 });
    const entries = Array.from({ length: 60_000 }, (_, ordinal) => ({ ordinal, kind: 'answer:ask', value: Math.sin(ordinal) }));
    const point = { epoch: 3, nextOrdinal: 60_000, positions: { a: { a: 60_000 } } };
    const span = { task: 'p/1', from: { epoch: 0, nextOrdinal: 0 }, to: point, digest: { ask: 'f'.repeat(64) }, entries };
    const others = { ...span, task: 'p/2', entries: [] };
    const blocks = spanRecords(span, 7);
    expect(blocks.count).toBeGreaterThan(2);
    await home.topics.append(journalTopic('p'), 0, spanRecords(others, 7));
    await home.topics.append(journalTopic('p'), 0, blocks);
    expect(await readSpans(home, 'p', 'p/1')).toEqual([span]);
    expect(await readSpans(home, 'p', 'p/2')).toEqual([others]);
  });
});

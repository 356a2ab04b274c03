import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStore, topic } from '../../connectors/index.ts';
import { broadcast, definePipeline, start } from '../../pipeline/index.ts';
import { spreadTasks, waitingRecords } from '../../pipeline/spread-tasks.ts';
import { flow } from '../../streams/index.ts';
import { event, readings, runningTotal, summed } from './example-pipelines.ts';
import { rowsIn } from './rows-in.ts';

const waitingFor = (...records: number[]) => new Map(records.entries());

describe('tasks of several workers', () => {
  it('go to the worker for which fewest records wait, the largest first', () => {
    expect(spreadTasks([0, 1, 2, 3], 2, waitingFor(1000, 100, 1000, 100))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(spreadTasks([0, 1, 2, 3], 2, waitingFor(10, 1, 100, 1000))).toEqual([[3], [0, 1, 2]]);
    expect(spreadTasks([0, 1, 2, 3, 4], 3, waitingFor(5, 4, 3, 3, 3))).toEqual([[0], [1, 4], [2, 3]]);
  });

  it('go round by number where nothing is known to wait', () => {
    expect(spreadTasks([0, 1, 2, 3, 4], 2)).toEqual([
      [0, 2, 4],
      [1, 3],
    ]);
    expect(spreadTasks([4, 7], 3)).toEqual([[4], [7]]);
    expect(spreadTasks([], 3)).toEqual([]);
  });

  it('run each by itself where there is one worker', () => {
    expect(spreadTasks([0, 1, 2], 1, waitingFor(9, 0, 1))).toEqual([[0], [1], [2]]);
  });

  it('are all there once, on every worker, at most one task out of balance, whatever order they are named in', () => {
    const loads = fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(loads, fc.integer({ min: 2, max: 5 }), (records, workers) => {
        const tasks = [...records.keys()];
        const waiting = waitingFor(...records);
        const lists = spreadTasks(tasks, workers, waiting);
        expect(lists.flat().toSorted((a, b) => a - b)).toEqual(tasks);
        expect(lists).toHaveLength(Math.min(workers, tasks.length));
        const sums = lists.map((list) => list.reduce((sum, task) => sum + (records[task] as number), 0));
        expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(Math.max(...records));
        expect(spreadTasks(tasks.toReversed(), workers, waiting)).toEqual(lists);
      }),
    );
  });
});

describe('records that wait', () => {
  const pipeline = definePipeline({
    name: 'uneven',
    sources: { events: topic('events', { schema: event, partitions: 3 }), sensors: broadcast(topic('sensors', { schema: event })) },
    sinks: { totals: topic('totals', { schema: summed, partitions: 3 }) },
    flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
  });

  it('are those behind the committed position of each partition', async () => {
    const home = memoryStore().open();
    await home.topics.ensure('events', { partitions: 3 });
    await home.topics.ensure('sensors', { partitions: 1 });
    await home.topics.append('sensors', 0, readings(500));
    await home.topics.append('events', 0, readings(10));
    await home.topics.append('events', 2, readings(40));
    expect(await waitingRecords(home, pipeline)).toEqual(waitingFor(10, 0, 40));
    const run = start(pipeline, { home });
    await rowsIn(run, 50);
    await run.stop();
    await home.topics.append('events', 0, readings(7));
    expect(await waitingRecords(home, pipeline)).toEqual(waitingFor(7, 0, 0));
  });
});

import type { Home } from '../connectors/index.ts';
import { isBroadcast } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import { topicsOf } from './input-topics.ts';
import { taskName } from './task.ts';

/** By task: the records that wait for it. */
export type WaitingRecords = ReadonlyMap<number, number>;

/**
 * Tasks that run together: each by itself in this thread or, for several workers, as many lists as there are threads. The task for which most records wait is placed first, each on the worker
 * with the fewest so far (longest processing time first), or with the fewest tasks where these are equal: tasks without a backlog go round by number. The same tasks always give the same lists.
 *
 * Source: R. L. Graham, "Bounds on multiprocessing timing anomalies", 1969: at most 4/3 of the best that there is.
 */
export function spreadTasks(
  tasks: readonly number[],
  workers: number,
  waiting: WaitingRecords = new Map(),
): readonly (readonly number[])[] {
  if (workers === 1) return tasks.map((task) => [task]);
  const load = (task: number) => waiting.get(task) ?? 0;
  const lists = Array.from({ length: Math.min(workers, tasks.length) }, () => ({ tasks: [] as number[], load: 0 }));
  for (const task of tasks.toSorted((a, b) => load(b) - load(a) || a - b)) {
    const least = lists.reduce((best, list) => ((list.load - best.load || list.tasks.length - best.tasks.length) < 0 ? list : best));
    least.tasks.push(task);
    least.load += load(task);
  }
  return lists.map((list) => list.tasks.toSorted((a, b) => a - b));
}

/** Counts the records of the input topics that no task has committed yet. */
export async function waitingRecords(home: Home, pipeline: Pipeline): Promise<WaitingRecords> {
  const inputs = Object.entries<Input>(pipeline.sources).filter(([, input]) => !isBroadcast(input));
  const topics = inputs.flatMap(([name, input]) => topicsOf(input).map((topic) => ({ input: name, topic: topic.name })));
  const [records, ...lists] = await Promise.all([
    home.epochs.peek(`${pipeline.name}/`),
    ...topics.map(async ({ input, topic }) => ({ input, topic, partitions: await home.topics.list(topic) })),
  ]);
  const positions = new Map(records.map((record) => [record.task, record.positions]));
  const waiting = new Map<number, number>();
  for (const { input, topic, partitions } of lists) {
    for (const { partition, start, end } of partitions) {
      const position = positions.get(taskName(pipeline.name, partition))?.[input]?.[topic] ?? start;
      waiting.set(partition, (waiting.get(partition) ?? 0) + Math.max(end - Math.max(position, start), 0));
    }
  }
  return waiting;
}

import type { Home } from '../connectors/index.ts';
import type { MillraceError } from '../streams/index.ts';
import { partitionFor } from './broadcast.ts';
import type { Input } from './definition.ts';
import { topicsOf } from './input-topics.ts';
import type { Task, TaskSetting } from './task.ts';
import { addSummaries, type TaskSummary } from './task-summary.ts';
import { type TaskEnd, TaskWorker } from './worker.ts';

/** What some tasks have come to. */
export interface GroupResult {
  readonly ends: readonly TaskEnd[];
  readonly summary: TaskSummary;
  /** True when all tasks were found ended when they were opened. */
  readonly alreadyEnded: boolean;
}

/** Tasks that run together, in this thread or in another. */
export interface RunningTasks {
  /** Runs the tasks to their end; the first failure stops all. */
  run(stop: AbortSignal): Promise<GroupResult>;
  /** Told when all feeds have ended, where the tasks cannot see it themselves. */
  endInput?(): void;
  /** What the tasks have done, committed or not. */
  progress(): { readonly summary: TaskSummary; readonly lag: number };
}

/** What a group needs beside its tasks' own settings. */
export interface GroupSetting extends Omit<TaskSetting, 'partition' | 'suspects'> {
  readonly partitions: ReadonlyMap<string, number>;
  /** Whether an idle task whose inputs are read to their end has nothing more to expect. */
  readonly inputEnds: () => boolean;
  readonly onRetry: (error: MillraceError, pause: number) => void;
}

/** Some of a pipeline's tasks, run in this thread. */
export class TaskGroup implements RunningTasks {
  readonly #tasks: readonly TaskWorker[];

  constructor(setting: GroupSetting, partitions: readonly number[]) {
    this.#tasks = partitions.map((partition) => {
      const drained = async (task: Task) => setting.inputEnds() && (await hasReadAll(setting.home, setting, task, partition));
      return new TaskWorker({ ...setting, partition }, drained, setting.onRetry);
    });
  }

  async run(stop: AbortSignal): Promise<GroupResult> {
    const failed = new AbortController();
    const either = AbortSignal.any([stop, failed.signal]);
    const runs = this.#tasks.map((task) =>
      task.run(either).catch((thrown) => {
        failed.abort();
        throw thrown;
      }),
    );
    const settled = await Promise.allSettled(runs);
    const rejected = settled.find((result) => result.status === 'rejected');
    if (rejected !== undefined) throw rejected.reason;
    return {
      ends: settled.map((result) => (result as PromiseFulfilledResult<TaskEnd>).value),
      summary: addSummaries(this.#tasks.flatMap((task) => task.committed ?? [])),
      alreadyEnded: this.#tasks.every((task) => task.alreadyEnded),
    };
  }

  progress(): { readonly summary: TaskSummary; readonly lag: number } {
    return {
      summary: addSummaries(this.#tasks.flatMap((task) => task.current ?? [])),
      lag: this.#tasks.reduce((sum, task) => sum + task.lag, 0),
    };
  }
}

/** Whether a task has read every topic of its pipeline to the end. */
async function hasReadAll(home: Home, { pipeline }: Pick<TaskSetting, 'pipeline'>, task: Task, partition: number): Promise<boolean> {
  for (const [name, source] of Object.entries<Input>(pipeline.sources)) {
    for (const topic of topicsOf(source)) {
      const info = (await home.topics.list(topic.name)).find((candidate) => candidate.partition === partitionFor(source, partition));
      const position = task.positions[name]?.[topic.name] ?? info?.start ?? 0;
      if (info !== undefined && position < info.end) return false;
    }
  }
  return true;
}

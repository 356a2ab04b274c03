import { type Home, type ReplayOptions, replaying } from '../connectors/index.ts';
import { MillraceError, parseOptions } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { feedName, feedPipeline } from './feed.ts';
import { Graph } from './graph.ts';
import { type HomeOptions, openHome } from './open-home.ts';
import { planPartitions, type TaskPlan } from './plan.ts';
import { loadSavepoint } from './savepoints.ts';
import { systemClock, type TaskClock } from './system-clock.ts';
import { taskName } from './task.ts';
import { type GroupResult, TaskGroup } from './task-group.ts';
import { type TaskOptions, taskOptions } from './task-options.ts';
import { addSummaries, type TaskSummary } from './task-summary.ts';
import { ThreadTasks } from './thread-tasks.ts';
import { TaskWorker } from './worker.ts';

/** Options of a run; the task's own are in `task`. */
export interface RunOptions extends HomeOptions {
  /** A home that is already open; the run does not close it. */
  readonly home?: Home;
  /** Begin anew: forget state and commits, delete the topics that the pipeline and its feeds write. */
  readonly fresh?: boolean;
  /** Speed of all feeds, instead of their own. */
  readonly speed?: string;
  /** End when all inputs have been read, instead of waiting for more. */
  readonly drain?: boolean;
  /** With `drain`: stop when all inputs have been read, without ending them; a later run goes on. Not with several workers. */
  readonly resumable?: boolean;
  /** What a reader of the outputs can count on; default `exactlyOnce`. */
  readonly guarantee?: TaskOptions['guarantee'];
  readonly task?: Partial<Readonly<Record<keyof ReturnType<typeof taskOptions.parse>, unknown>>>;
  readonly clock?: TaskClock;
  /** Threads that the tasks are spread over; default 1: all in this one. More of them need `module`. */
  readonly workers?: number;
  /** URL of the module that exports the pipeline as `pipeline`: each worker thread imports it. */
  readonly module?: URL | string;
  /** Start from this savepoint; a run that was started from it before goes on where it stopped. */
  readonly savepoint?: string;
  /** Drop the state of steps that the pipeline no longer has. */
  readonly allowOrphans?: boolean;
  /** Steps that begin anew, whatever their state. */
  readonly resetSteps?: readonly string[];
  /** Told what is kept and dropped when the pipeline has changed. */
  readonly onNotice?: (notice: string) => void;
  /** Told of each retry after an error. */
  readonly onRetry?: (error: MillraceError, pause: number) => void;
}

/** What a run shows while it goes on. */
export interface Progress extends TaskSummary {
  /** Records known to wait in the inputs. */
  readonly lag: number;
  readonly feeds: readonly { readonly name: string; readonly rows: number; readonly ended: boolean }[];
}

/** What a run has come to, from committed state. */
export interface RunSummary extends TaskSummary {
  /** True when the inputs have truly ended; false when the run was stopped. */
  readonly ended: boolean;
  /** True when an earlier run had already ended, and this one did nothing. */
  readonly alreadyEnded: boolean;
}

/** A run under way. */
export interface Run {
  /** Resolves when the run has ended or was stopped; rejects with a MillraceError when it failed. */
  readonly done: Promise<RunSummary>;
  /** Finishes the turn at hand, commits and leaves. */
  stop(): Promise<RunSummary>;
  progress(): Progress;
}

/**
 * Runs a pipeline in this process.
 *
 * @example
 * const run = start(pipeline, { state: '.millrace' });
 * process.once('SIGTERM', () => run.stop());
 * console.log(await run.done);
 */
export function start(pipeline: Pipeline, options: RunOptions = {}): Run {
  const running = new PipelineRun(pipeline, options);
  return { done: running.done, stop: () => running.stop(), progress: () => running.progress() };
}

class PipelineRun {
  readonly done: Promise<RunSummary>;
  readonly #pipeline: Pipeline;
  readonly #options: RunOptions;
  readonly #clock: TaskClock;
  readonly #abort = new AbortController();
  #tasks: readonly (TaskGroup | ThreadTasks)[] = [];
  readonly #feeds = new Map<string, { readonly worker: TaskWorker; ended: boolean }>();

  constructor(pipeline: Pipeline, options: RunOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.done = this.#run();
    // Whoever only calls stop() must not meet an unhandled rejection; `done` still rejects for all who wait on it.
    this.done.catch(() => {});
  }

  stop(): Promise<RunSummary> {
    this.#abort.abort();
    return this.done;
  }

  progress(): Progress {
    const groups = this.#tasks.map((group) => group.progress());
    const summary = addSummaries(groups.map((group) => group.summary));
    const feeds = [...this.#feeds].map(([name, { worker, ended }]) => ({ name, rows: worker.current?.rowsIn ?? 0, ended }));
    return { ...summary, lag: groups.reduce((sum, { lag }) => sum + lag, 0), feeds };
  }

  async #run(): Promise<RunSummary> {
    // Options are checked before anything is opened, made or, with `fresh`, deleted.
    const options = parseOptions('run', taskOptions, { guarantee: this.#options.guarantee, ...this.#options.task });
    const feeds = this.#feedPipelines();
    const home = this.#options.home ?? (await openHome(this.#options));
    try {
      const plan = await this.#prepare(home);
      return await this.#runAll(home, plan, { options, feeds });
    } catch (thrown) {
      throw MillraceError.from(thrown, 'INTERNAL');
    } finally {
      if (this.#options.home === undefined) await home.close();
    }
  }

  async #prepare(home: Home): Promise<TaskPlan> {
    await home.claim?.();
    if (this.#options.fresh) {
      // A pipeline that cannot be wired fails here, while its topics are still there.
      new Graph(this.#pipeline, this.#clock, new Map()).close();
      await forget(home, this.#pipeline);
    }
    if (this.#options.savepoint !== undefined) await loadSavepoint(home, this.#pipeline.name, this.#options.savepoint);
    return planPartitions(home, this.#pipeline);
  }

  /** Each feed as a pipeline, slowed down to its speed. */
  #feedPipelines(): ReadonlyMap<string, Pipeline> {
    const pipelines = Object.entries(this.#pipeline.feeds).map(([name, feed]) => {
      const speed = (this.#options.speed ?? feed.speed) as ReplayOptions['speed'];
      const clock = { now: () => this.#clock.now(), wait: (milliseconds: number) => this.#clock.sleep(milliseconds, this.#abort.signal) };
      return [name, feedPipeline(this.#pipeline, name, { ...feed, from: replaying(feed.from, { speed, clock }) })] as const;
    });
    return new Map(pipelines);
  }

  async #runAll(
    home: Home,
    plan: TaskPlan,
    { options, feeds }: { readonly options: TaskOptions; readonly feeds: ReadonlyMap<string, Pipeline> },
  ): Promise<RunSummary> {
    const onRetry = this.#options.onRetry ?? (() => {});
    const setting = { home, clock: this.#clock, options, partitions: plan.partitions };
    for (const [name, pipeline] of feeds) {
      this.#feeds.set(name, { worker: new TaskWorker({ ...setting, pipeline, partition: 0 }, async () => false, onRetry), ended: false });
    }
    this.#tasks = this.#groups(home, plan, options);
    const results = await this.#together();
    return {
      ...addSummaries(results.map(({ summary }) => summary)),
      ended: results.every(({ ends }) => ends.every((end) => end === 'ended')),
      alreadyEnded: results.every(({ alreadyEnded }) => alreadyEnded),
    };
  }

  /** The tasks: all in this thread, or spread over threads of their own. */
  #groups(home: Home, plan: TaskPlan, options: TaskOptions): readonly (TaskGroup | ThreadTasks)[] {
    const {
      workers = 1,
      module,
      allowOrphans = false,
      resetSteps = [],
      savepoint,
      resumable = false,
      onNotice = () => {},
      onRetry = () => {},
    } = this.#options;
    const consent = { allowOrphans, resetSteps, savepoint };
    const tasks = Array.from({ length: plan.tasks }, (_, partition) => partition);
    if (workers === 1) {
      const inputEnds = () => this.#inputEnds();
      const { partitions } = plan;
      return [
        new TaskGroup(
          { home, clock: this.#clock, options, partitions, pipeline: plan.pipeline, consent, inputEnds, onNotice, onRetry, resumable },
          tasks,
        ),
      ];
    }
    if (module === undefined || this.#options.home !== undefined || this.#options.clock !== undefined) {
      throw new MillraceError('INVALID_OPTION', `${workers} workers need the module of the pipeline, and a home that each can open`, {
        hint: 'give module, and state or brokers instead of home and clock',
      });
    }
    const threads = Math.min(workers, plan.tasks);
    const { brokers, patience, state } = this.#options;
    const start = {
      module: String(module),
      home: { brokers, patience, state },
      partitions: plan.partitions,
      found: plan.found,
      options,
      consent,
    };
    return Array.from(
      { length: threads },
      (_, thread) =>
        new ThreadTasks({ ...start, tasks: tasks.filter((partition) => partition % threads === thread) }, { onNotice, onRetry }),
    );
  }

  /** Runs feeds and tasks side by side; the first failure stops the others. */
  async #together(): Promise<readonly GroupResult[]> {
    const guard = <R>(work: Promise<R>) =>
      work.catch((thrown) => {
        this.#abort.abort();
        throw thrown;
      });
    const feeds = [...this.#feeds.values()].map((feed) =>
      guard(
        feed.worker.run(this.#abort.signal).then((end) => {
          feed.ended = end === 'ended';
          this.#announceEnd();
        }),
      ),
    );
    const tasks = this.#tasks.map((group) => guard(group.run(this.#abort.signal)));
    this.#announceEnd();
    const settled = await Promise.allSettled([...tasks, ...feeds]);
    const failed = settled.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return settled.slice(0, tasks.length).map((result) => (result as PromiseFulfilledResult<GroupResult>).value);
  }

  /** Whether idle tasks have nothing more to expect: all feeds have ended, or the run was told to drain. */
  #inputEnds(): boolean {
    const feeds = [...this.#feeds.values()];
    return (this.#options.drain ?? feeds.length > 0) && feeds.every(({ ended }) => ended);
  }

  #announceEnd(): void {
    if (!this.#inputEnds()) return;
    for (const group of this.#tasks) if (group instanceof ThreadTasks) group.endInput();
  }
}

async function forget(home: Home, pipeline: Pipeline): Promise<void> {
  const names = [pipeline.name, ...Object.keys(pipeline.feeds).map((feed) => feedName(pipeline.name, feed))];
  for (const name of names) {
    const records = await home.epochs.peek(`${name}/`);
    for (const { task } of records.length > 0 ? records : [{ task: taskName(name, 0) }]) await home.epochs.forget(task);
  }
  const written = [...Object.values(pipeline.sinks), ...Object.values(pipeline.feeds).map(({ to }) => to)];
  for (const end of written) if (end.kind === 'topic') await home.topics.remove(end.name);
  await home.topics.remove(pipeline.rejects);
}

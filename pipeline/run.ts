import { type Home, type ReplayOptions, replaying } from '../connectors/index.ts';
import { MillraceError, parseOptions } from '../streams/index.ts';
import type { Input, Pipeline } from './definition.ts';
import { feedName, feedPipeline } from './feed.ts';
import { Graph } from './graph.ts';
import { topicsOf } from './input-topics.ts';
import { journalTopic } from './journal-spans.ts';
import { forgetKept } from './kept-snapshots.ts';
import { openHome } from './open-home.ts';
import { planPartitions, type TaskPlan } from './plan.ts';
import { checkRunOptions, discoveryInterval, type RunOptions } from './run-options.ts';
import { loadSavepoint } from './savepoints.ts';
import { SpareThreads } from './spare-threads.ts';
import { spreadTasks, type WaitingRecords, waitingRecords } from './spread-tasks.ts';
import { systemClock, type TaskClock } from './system-clock.ts';
import { taskName } from './task.ts';
import { TaskAssigner } from './task-assigner.ts';
import { type GroupResult, type RunningTasks, TaskGroup } from './task-group.ts';
import { type TaskOptions, taskOptions } from './task-options.ts';
import { TaskPool } from './task-pool.ts';
import { addSummaries, type TaskSummary } from './task-summary.ts';
import { ThreadTasks } from './thread-tasks.ts';
import { TaskWorker } from './worker.ts';

/** A task that another process of the group has taken over is waited for this long, ms: longer than a session and a rebalance may take. */
const LOST_PATIENCE = 60_000;

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
  #pool: TaskPool | undefined;
  #threads: SpareThreads | undefined;
  #discoverEvery = 0;
  /** Of the tasks that are spread over several workers, those of this thread. */
  #here: readonly number[] = [];
  /** What waited for each task when they were first spread over workers. */
  #waiting: WaitingRecords | undefined;
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
    const { summary, lag } = this.#pool?.progress() ?? { summary: addSummaries([]), lag: 0 };
    const feeds = [...this.#feeds].map(([name, { worker, ended }]) => ({ name, rows: worker.current?.rowsIn ?? 0, ended }));
    return { ...summary, lag, feeds };
  }

  async #run(): Promise<RunSummary> {
    // Options are checked before anything is opened, made or, with `fresh`, deleted.
    const options = parseOptions('run', taskOptions, { guarantee: this.#options.guarantee, ...this.#options.task });
    const feeds = this.#feedPipelines();
    // Tasks go on while they are committed, and workers do not wait for each other's transactions.
    const home = this.#options.home ?? (await openHome({ committer: true, ...this.#options }));
    try {
      this.#threads = this.#beginThreads(home);
      const plan = await this.#prepare(home);
      return await this.#runAll(home, plan, { options, feeds });
    } catch (thrown) {
      throw MillraceError.from(thrown, 'INTERNAL');
    } finally {
      await this.#threads?.close();
      if (this.#options.home === undefined) await home.close();
    }
  }

  /** The threads that will probably be needed; they load what they run while the run gets ready. */
  #beginThreads(home: Home): SpareThreads | undefined {
    checkRunOptions(this.#options, this.#pipeline, home);
    const { workers = 1, module } = this.#options;
    if (workers === 1) return undefined;
    const { sources, feeds } = this.#pipeline;
    const tasks = Object.values<Input>(sources).flatMap((input) => topicsOf(input).map(({ partitions }) => partitions));
    const threads = Math.min(workers, Math.max(1, ...tasks)) - (Object.keys(feeds).length === 0 ? 1 : 0);
    return new SpareThreads({ module: String(module) }, threads);
  }

  async #prepare(home: Home): Promise<TaskPlan> {
    this.#discoverEvery = discoveryInterval(this.#options, this.#pipeline, home);
    await home.claim?.();
    if (this.#options.fresh) {
      // A pipeline that cannot be wired fails here, while its topics are still there.
      new Graph(this.#pipeline, this.#clock, new Map()).close();
      await forget(home, this.#pipeline);
    }
    if (this.#options.savepoint !== undefined) await loadSavepoint(home, this.#pipeline.name, this.#options.savepoint);
    const { journalBytes: journal } = this.#options;
    return planPartitions(home, this.#pipeline, journal === undefined ? {} : { journal });
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
      this.#feeds.set(name, {
        worker: new TaskWorker(
          { ...setting, options: { ...options, keepSnapshots: 0 }, pipeline, partition: 0 },
          async () => false,
          onRetry,
        ),
        ended: false,
      });
    }
    const { summary, ends, alreadyEnded } = await this.#together(home, plan, options);
    return { ...summary, ended: ends.length > 0 && ends.every((end) => end === 'ended'), alreadyEnded };
  }

  /** Some tasks: in this thread, or in one of their own. */
  #make(home: Home, plan: TaskPlan, options: TaskOptions, tasks: readonly number[]): RunningTasks {
    const { allowOrphans = false, resetSteps = [], savepoint, resumable = false, onNotice = () => {}, onRetry = () => {} } = this.#options;
    const { partitions, found, pipeline } = plan;
    const consent = { allowOrphans, resetSteps, savepoint };
    if (this.#threads === undefined || (this.#feeds.size === 0 && tasks === this.#here)) {
      const inputEnds = () => this.#inputEnds();
      return new TaskGroup(
        { home, clock: this.#clock, options, partitions, pipeline, consent, inputEnds, onNotice, onRetry, resumable },
        tasks,
      );
    }
    const { brokers, patience, state, logBytes } = this.#options;
    const place = { brokers, patience, state, logBytes, committer: home.committerPort?.() };
    const start = { home: place, partitions, found, options, consent, tasks };
    const thread = new ThreadTasks(this.#threads, start, { onNotice, onRetry });
    if (this.#inputEnds()) thread.endInput();
    return thread;
  }

  /** The first worker is this thread, which has all modules at hand, unless it has feeds to run. */
  async #spread(home: Home, { pipeline }: TaskPlan, tasks: readonly number[]): Promise<readonly (readonly number[])[]> {
    const { workers = 1 } = this.#options;
    // Asked once: tasks that come or go later must not move the others about.
    if (workers > 1) this.#waiting ??= await waitingRecords(home, pipeline);
    const lists = spreadTasks(tasks, workers, this.#waiting);
    this.#here = lists[0] ?? [];
    return lists;
  }

  /** Runs feeds and tasks side by side; the first failure stops the others. */
  async #together(home: Home, plan: TaskPlan, options: TaskOptions): Promise<GroupResult> {
    const { group = false, onNotice = () => {} } = this.#options;
    const pool = new TaskPool({
      spread: (newest, tasks) => this.#spread(home, newest, tasks),
      make: (newest, tasks) => this.#make(home, newest, options, tasks),
      ...(group ? { lostPatience: LOST_PATIENCE } : {}),
    });
    this.#pool = pool;
    const stop = this.#abort.signal;
    if (stop.aborted) pool.stop();
    stop.addEventListener('abort', () => pool.stop());
    const feeds = [...this.#feeds.values()].map((feed) =>
      feed.worker.run(stop).then((end) => {
        feed.ended = end === 'ended';
        if (this.#inputEnds()) pool.endInput();
      }),
    );
    for (const feed of feeds) feed.catch((thrown) => pool.fail(thrown));
    const setting = { home, pipeline: this.#pipeline, clock: this.#clock, group, discoverEvery: this.#discoverEvery, onNotice };
    const leave = new TaskAssigner(setting, pool, plan).start(stop);
    try {
      const result = await pool.done;
      await Promise.all(feeds);
      return result;
    } finally {
      this.#abort.abort();
      leave();
      await Promise.allSettled(feeds);
    }
  }

  /** Whether idle tasks have nothing more to expect: all feeds have ended, or the run was told to drain. */
  #inputEnds(): boolean {
    const feeds = [...this.#feeds.values()];
    return (this.#options.drain ?? feeds.length > 0) && feeds.every(({ ended }) => ended);
  }
}

async function forget(home: Home, pipeline: Pipeline): Promise<void> {
  const names = [pipeline.name, ...Object.keys(pipeline.feeds).map((feed) => feedName(pipeline.name, feed))];
  await Promise.all(names.map((name) => forgetTasks(home, name)));
  const written = [...Object.values(pipeline.sinks), ...Object.values(pipeline.feeds).map(({ to }) => to)];
  const topics = written.flatMap((end) => (end.kind === 'topic' ? [end.name] : []));
  await Promise.all([...topics, pipeline.rejects, journalTopic(pipeline.name)].map((topic) => home.topics.remove(topic)));
}

async function forgetTasks(home: Home, pipeline: string): Promise<void> {
  await forgetKept(home, pipeline);
  const records = await home.epochs.peek(`${pipeline}/`);
  const tasks = records.length > 0 ? records.map(({ task }) => task) : [taskName(pipeline, 0)];
  await Promise.all(tasks.map((task) => home.epochs.forget(task)));
}

import { MillraceError } from '../streams/index.ts';
import type { TaskPlan } from './plan.ts';
import type { GroupResult, RunningTasks } from './task-group.ts';
import { addSummaries, type TaskSummary } from './task-summary.ts';

/** What a pool needs to know. */
export interface PoolSetting {
  /** Lists of tasks that run together: one per thread. */
  spread(plan: TaskPlan, tasks: readonly number[]): Promise<readonly (readonly number[])[]>;
  /** Tasks that begin to run. */
  make(plan: TaskPlan, tasks: readonly number[]): RunningTasks;
  /** Other processes share the tasks: one that was taken over is theirs, and may come back. Waited for so long (ms), it was somebody else who took it. */
  readonly lostPatience?: number;
}

/** Tasks that run together, until they end or are told to stop. */
interface Unit {
  readonly tasks: readonly number[];
  readonly plan: string;
  readonly running: RunningTasks;
  readonly stop: AbortController;
  state: 'running' | 'done' | 'lost';
  result: GroupResult | undefined;
  settled: Promise<void>;
}

/**
 * Runs the tasks that are this process's, and changes over when they become others: the tasks of a group of processes move, a topic or a partition appears. Tasks that stay as they were are not
 * interrupted; the others stop in order, with a snapshot, before they begin anew.
 */
export class TaskPool {
  readonly #setting: PoolSetting;
  #units: readonly Unit[] = [];
  #changing: Promise<void> = Promise.resolve();
  #closed = false;
  #closing: Promise<void> | undefined;
  #failure: { readonly thrown: unknown } | undefined;
  readonly #outcome = Promise.withResolvers<GroupResult>();

  constructor(setting: PoolSetting) {
    this.#setting = setting;
    // Whoever waits for `done` gets it; a failure before that is no unhandled one.
    this.#outcome.promise.catch(() => {});
  }

  /** Resolves when all tasks have ended by themselves or the pool was stopped; rejects with the first failure. */
  get done(): Promise<GroupResult> {
    return this.#outcome.promise;
  }

  /** What the tasks have done, committed or not. */
  progress(): { readonly summary: TaskSummary; readonly lag: number } {
    const all = this.#units.map(({ running }) => running.progress());
    return { summary: addSummaries(all.map(({ summary }) => summary)), lag: all.reduce((sum, { lag }) => sum + lag, 0) };
  }

  /** The inputs have ended as far as feeds go. */
  endInput(): void {
    for (const { running } of this.#units) running.endInput?.();
  }

  /** From now on these are the tasks, and this the plan that they follow. */
  assign(plan: TaskPlan, tasks: readonly number[]): Promise<void> {
    this.#changing = this.#changing.then(() => this.#change(plan, tasks)).catch((thrown) => this.fail(thrown));
    return this.#changing;
  }

  async #change(plan: TaskPlan, tasks: readonly number[]): Promise<void> {
    if (this.#closed) return;
    const signature = signatureOf(plan);
    const wanted = await this.#setting.spread(plan, tasks);
    if (this.#closed) return;
    const stays = ({ state, plan: own, tasks: has }: Unit) =>
      state !== 'lost' && own === signature && wanted.some((list) => String(list) === String(has));
    const staying = this.#units.filter(stays);
    const leaving = this.#units.filter((unit) => !stays(unit));
    for (const { stop } of leaving) stop.abort();
    await Promise.all(leaving.map(({ settled }) => settled));
    if (this.#closed) return;
    const begun = wanted.filter((list) => !staying.some(({ tasks: has }) => String(has) === String(list)));
    this.#units = [...staying, ...begun.map((list) => this.#begin(plan, signature, list))];
    this.#checkDone();
  }

  #begin(plan: TaskPlan, signature: string, tasks: readonly number[]): Unit {
    const running = this.#setting.make(plan, tasks);
    const stop = new AbortController();
    const unit: Unit = { tasks, plan: signature, running, stop, state: 'running', result: undefined, settled: Promise.resolve() };
    unit.settled = running.run(stop.signal).then(
      (result) => {
        unit.result = result;
        unit.state = 'done';
        this.#checkDone();
      },
      (thrown) => this.#failed(unit, MillraceError.from(thrown, 'INTERNAL')),
    );
    return unit;
  }

  #failed(unit: Unit, error: MillraceError): void {
    const { lostPatience } = this.#setting;
    if (error.code !== 'FENCED' || lostPatience === undefined) {
      this.fail(error);
      return;
    }
    // Who has the task now is about to be told by the group.
    unit.state = 'lost';
    const timer = setTimeout(() => {
      if (unit.state === 'lost' && this.#units.includes(unit)) this.fail(error);
    }, lostPatience);
    timer.unref();
  }

  #checkDone(): void {
    if (this.#units.length === 0 || this.#units.some(({ state, stop }) => state !== 'done' || stop.signal.aborted)) return;
    this.#closed = true;
    this.#outcome.resolve(resultOf(this.#units));
  }

  /** Finishes the turn at hand, commits and leaves. */
  stop(): void {
    this.#close();
  }

  /** Stops all tasks; `done` rejects with the reason. */
  fail(thrown: unknown): void {
    this.#failure ??= { thrown };
    this.#close();
  }

  #close(): void {
    this.#closed = true;
    for (const { stop } of this.#units) stop.abort();
    this.#closing ??= this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#changing;
    await Promise.all(this.#units.map(({ settled }) => settled));
    if (this.#failure === undefined) this.#outcome.resolve(resultOf(this.#units));
    else this.#outcome.reject(this.#failure.thrown);
  }
}

/** What makes running tasks begin anew: the topics of their inputs, and the partitions of those that they write to. */
const signatureOf = ({ found, partitions }: TaskPlan): string => JSON.stringify([found, [...partitions].toSorted()]);

function resultOf(units: readonly Unit[]): GroupResult {
  const results = units.flatMap(({ result }) => result ?? []);
  return {
    ends: results.flatMap(({ ends }) => ends),
    summary: addSummaries(results.map(({ summary }) => summary)),
    alreadyEnded: results.length > 0 && results.every(({ alreadyEnded }) => alreadyEnded),
  };
}

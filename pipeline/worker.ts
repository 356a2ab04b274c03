import { MillraceError } from '../streams/index.ts';
import { Task, type TaskSetting } from './task.ts';
import type { TaskSummary } from './task-summary.ts';

/** How a task ended: its input has truly ended, or it was told to stop. */
export type TaskEnd = 'ended' | 'stopped';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/**
 * Runs one task to its end: opens it, drives it turn by turn, and opens it anew after an error that a retry can mend, with growing pauses.
 */
export class TaskWorker {
  readonly #setting: TaskSetting;
  readonly #drained: (task: Task) => Promise<boolean>;
  readonly #onRetry: (error: MillraceError, pause: number) => void;
  #task: Task | undefined;
  #last: TaskSummary | undefined;
  #pause = FIRST_PAUSE;

  /** `drained` says whether an idle task has nothing more to expect. */
  constructor(setting: TaskSetting, drained: (task: Task) => Promise<boolean>, onRetry: (error: MillraceError, pause: number) => void) {
    this.#setting = setting;
    this.#drained = drained;
    this.#onRetry = onRetry;
  }

  /** What the task has committed. */
  get committed(): TaskSummary | undefined {
    return (this.#task?.committed?.summary as TaskSummary | undefined) ?? this.#last;
  }

  /** What the task has done, committed or not, for progress. */
  get current(): TaskSummary | undefined {
    return this.#task?.summary() ?? this.#last;
  }

  get lag(): number {
    return this.#task?.lag ?? 0;
  }

  /** True when the task was found ended when it was opened. */
  alreadyEnded = false;

  async run(stop: AbortSignal): Promise<TaskEnd> {
    for (;;) {
      try {
        return await this.#runOnce(stop);
      } catch (thrown) {
        const error = MillraceError.from(thrown, 'INTERNAL');
        if (error.retry !== 'backoff' || stop.aborted) throw error;
        this.#onRetry(error, this.#pause);
        await this.#setting.clock.sleep(this.#pause, stop);
        this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      }
    }
  }

  async #runOnce(stop: AbortSignal): Promise<TaskEnd> {
    const task = new Task(this.#setting);
    try {
      const record = await task.open();
      this.#task = task;
      if (record?.ended) {
        this.alreadyEnded = true;
        return 'ended';
      }
      return await this.#drive(task, stop);
    } finally {
      this.#last = (task.committed?.summary as TaskSummary | undefined) ?? this.#last;
      this.#task = undefined;
      await task.close().catch(() => {});
    }
  }

  async #drive(task: Task, stop: AbortSignal): Promise<TaskEnd> {
    while (!stop.aborted) {
      const result = await task.turn();
      this.#pause = FIRST_PAUSE;
      if (result === 'end' || (result === 'idle' && (await this.#drained(task)))) {
        await task.finish();
        return 'ended';
      }
      // Lets timers and sockets of the process run between turns.
      if (result === 'rows') await new Promise(setImmediate);
    }
    await task.stop();
    return 'stopped';
  }
}

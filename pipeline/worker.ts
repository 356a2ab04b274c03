import { MillraceError } from '../streams/index.ts';
import { type OwnCommits, requireOwnership } from './ownership.ts';
import { type OrdinalRange, Task, type TaskSetting } from './task.ts';
import type { TaskSummary } from './task-summary.ts';

/** How a task ended: its input has truly ended, or it was told to stop. */
export type TaskEnd = 'ended' | 'stopped';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** An operator that fails so often at one place is not tried again. */
const MOST_ATTEMPTS = 8;

/** Failures of the user's code or data, in contrast to those of brokers and disks. */
const OPERATOR_CODES: ReadonlySet<string> = new Set(['OPERATOR_FAILED', 'MODEL_FAILED', 'SCHEMA_MISMATCH']);

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
  #attempts = 0;
  /** Rows of the turn that failed last. */
  #failedRows: OrdinalRange | undefined;
  #suspects: OrdinalRange | undefined;
  /** What the last opening has committed. */
  #own: OwnCommits | undefined;

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
        if (stop.aborted) throw error;
        const ofOperator = OPERATOR_CODES.has(error.code);
        if (ofOperator) this.#countFailure(error);
        else if (error.retry !== 'backoff') throw error;
        // Looking for the bad row needs no pause.
        if (ofOperator && this.#suspects !== undefined) continue;
        this.#onRetry(error, this.#pause);
        await this.#setting.clock.sleep(this.#pause, stop);
        this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      }
    }
  }

  /**
   * An operator failed on a turn of many rows. The task is opened anew from its last commit and these rows are pushed one by one, so that the error names the first bad one.
   * Throws when that is known, or when trying again has not helped.
   */
  #countFailure(error: MillraceError): void {
    const rows = this.#failedRows;
    this.#failedRows = undefined;
    const again = error.retry === 'backoff' && ++this.#attempts < MOST_ATTEMPTS;
    if (again) return;
    const known = rows === undefined || rows.to - rows.from <= 1;
    if (known || this.#suspects !== undefined) {
      const { step, origin, hint, cause } = error;
      throw new MillraceError(error.code, error.message, { step, origin, hint, cause: cause ?? error });
    }
    this.#suspects = rows;
  }

  async #runOnce(stop: AbortSignal): Promise<TaskEnd> {
    const task = new Task({ ...this.#setting, ...(this.#suspects === undefined ? {} : { suspects: this.#suspects }) });
    try {
      if (this.#own !== undefined) await requireOwnership(this.#setting.home, task.name, this.#own);
      const record = await task.open();
      this.#task = task;
      if (record?.ended) {
        this.alreadyEnded = true;
        return 'ended';
      }
      return await this.#drive(task, stop);
    } catch (thrown) {
      this.#failedRows = task.running;
      throw thrown;
    } finally {
      this.#last = (task.committed?.summary as TaskSummary | undefined) ?? this.#last;
      if (this.#task !== undefined) this.#own = { committed: task.committed, attempted: task.attempted };
      this.#task = undefined;
      await task.close().catch(() => {});
    }
  }

  async #drive(task: Task, stop: AbortSignal): Promise<TaskEnd> {
    const interrupt = () => task.interrupt();
    stop.addEventListener('abort', interrupt);
    try {
      return await this.#turns(task, stop);
    } finally {
      stop.removeEventListener('abort', interrupt);
    }
  }

  async #turns(task: Task, stop: AbortSignal): Promise<TaskEnd> {
    while (!stop.aborted) {
      const { committed } = task;
      const result = await task.turn();
      // What was committed is behind: the next failure is another one.
      if (task.committed !== committed) {
        this.#pause = FIRST_PAUSE;
        this.#attempts = 0;
        this.#suspects = undefined;
      }
      // An idle turn may be one that was interrupted: that nothing more is to come is then not known.
      if (result === 'idle' && stop.aborted) break;
      if (result === 'end' || (result === 'idle' && (await this.#drained(task)))) {
        if (result === 'idle' && this.#setting.resumable) break;
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

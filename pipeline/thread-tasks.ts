import type { Worker } from 'node:worker_threads';
import { MillraceError } from '../streams/index.ts';
import type { SpareThreads } from './spare-threads.ts';
import type { GroupResult, RunningTasks } from './task-group.ts';
import { addSummaries, type TaskSummary } from './task-summary.ts';
import { errorOf, type FromThread, type ThreadStart, type ToThread } from './thread-messages.ts';

/** Who is told what threads have to say. */
export interface ThreadListener {
  onNotice(notice: string): void;
  onRetry(error: MillraceError, pause: number): void;
}

/** Some of a pipeline's tasks, run in a thread of their own. */
export class ThreadTasks implements RunningTasks {
  readonly #threads: SpareThreads;
  readonly #start: ThreadStart;
  readonly #listener: ThreadListener;
  #worker: Worker | undefined;
  #inputEnds = false;
  #progress: { readonly summary: TaskSummary; readonly lag: number } = { summary: addSummaries([]), lag: 0 };

  constructor(threads: SpareThreads, start: ThreadStart, listener: ThreadListener) {
    this.#threads = threads;
    this.#start = start;
    this.#listener = listener;
  }

  progress(): { readonly summary: TaskSummary; readonly lag: number } {
    return this.#progress;
  }

  /** All feeds have ended: tasks end once they have read their inputs. */
  endInput(): void {
    this.#inputEnds = true;
    this.#post('inputEnds');
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  async run(stop: AbortSignal): Promise<GroupResult> {
    const worker = this.#threads.take();
    this.#worker = worker;
    const { committer } = this.#start.home;
    worker.postMessage(this.#start satisfies ToThread, typeof committer === 'object' ? [committer] : []);
    const onStop = () => this.#post('stop');
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    if (this.#inputEnds) this.#post('inputEnds');
    try {
      return await this.#outcome(worker);
    } finally {
      stop.removeEventListener('abort', onStop);
      this.#worker = undefined;
      await worker.terminate();
    }
  }

  #outcome(worker: Worker): Promise<GroupResult> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'done') resolve(message.result);
        else if (message.kind === 'failed') reject(errorOf(message.error));
        else if (message.kind === 'progress') this.#progress = message;
        else if (message.kind === 'notice') this.#listener.onNotice(message.notice);
        else this.#listener.onRetry(errorOf(message.error), message.pause);
      });
      worker.on('error', (thrown) => reject(MillraceError.from(thrown, 'INTERNAL')));
      worker.on('exit', (code) => reject(new MillraceError('INTERNAL', `a worker thread ended with status ${code} before its tasks did`)));
    });
  }
}

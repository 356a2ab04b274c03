import { Worker } from 'node:worker_threads';
import { providedThreads, provideThreads, threadFailed } from '../../../kernels/index.ts';

/** How threads of a test behave. */
export interface ThreadHabits {
  /** Milliseconds before each job. */
  readonly pause?: number;
  /** The job, counted from 1, that fails. */
  readonly failAt?: number;
}

/** From now on networks are trained in threads with these habits, until `restore` is called. */
export function provideTrainingThreads({ pause = 0, failAt }: ThreadHabits): { readonly threads: readonly Worker[]; restore(): void } {
  const before = providedThreads();
  const threads: Worker[] = [];
  provideThreads((seat) => {
    const worker = new Worker(new URL('./beside-worker.ts', import.meta.url), { workerData: { seat, pause, failAt } });
    worker.unref();
    worker.on('error', (error) => threadFailed(seat, error));
    threads.push(worker);
  });
  return { threads, restore: () => provideThreads(before) };
}

/** Runs `work` where networks are trained in threads; returns what it gives, and the threads. */
export function withTrainingThreads<R>(habits: ThreadHabits, work: () => R): { readonly result: R; readonly threads: readonly Worker[] } {
  const { threads, restore } = provideTrainingThreads(habits);
  try {
    return { result: work(), threads };
  } finally {
    restore();
  }
}

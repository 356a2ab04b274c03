import { Worker } from 'node:worker_threads';
import { provideThreads, type SpawnThread } from '../../../kernels/index.ts';

/** How threads of a test behave. */
export interface ThreadHabits {
  /** Milliseconds before each job. */
  readonly pause?: number;
  /** The job, counted from 1, that fails. */
  readonly failAt?: number;
}

/** Runs `work` where networks are trained in threads; returns what it gives, and the threads. */
export function withTrainingThreads<R>(
  { pause = 0, failAt }: ThreadHabits,
  work: () => R,
): { readonly result: R; readonly threads: readonly Worker[] } {
  const threads: Worker[] = [];
  const spawn: SpawnThread = (seat) => {
    const worker = new Worker(new URL('./beside-worker.ts', import.meta.url), { workerData: { seat, pause, failAt } });
    worker.unref();
    threads.push(worker);
  };
  provideThreads(spawn);
  try {
    return { result: work(), threads };
  } finally {
    provideThreads(undefined);
  }
}

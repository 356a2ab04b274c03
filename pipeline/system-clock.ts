import type { Clock } from '../streams/index.ts';

/** A clock that can also be waited for; the simulator gives its own. */
export interface TaskClock extends Clock {
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Fine time for measuring how long work takes, ms from any start; absent: `now`. */
  elapsed?(): number;
}

/** The machine's clock: the only place of the pipeline that reads it. */
export const systemClock: TaskClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      if (signal?.aborted) done();
      else signal?.addEventListener('abort', done);
    }),
};

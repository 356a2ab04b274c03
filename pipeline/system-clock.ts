import type { Clock } from '../streams/index.ts';

/** The machine's clock: the only place of the pipeline that reads it. */
export const systemClock: Clock & { sleep(milliseconds: number, signal?: AbortSignal): Promise<void> } = {
  now: () => Date.now(),
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

/** A clock that can also be waited for; the simulator gives its own. */
export type TaskClock = typeof systemClock;

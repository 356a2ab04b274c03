import { setTimeout as sleep } from 'node:timers/promises';

/** Wall time and waiting, injected so that tests need not wait. */
export interface ReplayClock {
  /** Milliseconds; only differences count. */
  now(): number;
  wait(milliseconds: number): Promise<void>;
}

/** The machine's monotonic clock. */
export const machineClock: ReplayClock = {
  now: () => performance.now(),
  wait: async (milliseconds) => {
    await sleep(Math.ceil(milliseconds));
  },
};

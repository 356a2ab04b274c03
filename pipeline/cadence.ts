import type { TaskClock } from './system-clock.ts';
import type { TaskOptions } from './task-options.ts';

/** A digest of the state may take one part in so many of the time. */
const DIGEST_SHARE = 50;
/** A snapshot may take one part in so many of the work that it saves a restarted task. */
const SNAPSHOT_SHARE = 20;
/** Journals are kept in the commit record: a longer one than this asks for a snapshot, which ends it. */
const JOURNAL_BYTES = 256 * 1024;

/**
 * Says when the state is digested and when it is written, by what both cost: epochs may be milliseconds apart and the state megabytes large. Neither changes what a task
 * puts out; both only bound how much a restarted task repeats, and how soon a difference is noticed.
 */
export class Cadence {
  readonly #elapsed: () => number;
  readonly #options: Pick<TaskOptions, 'snapshotEvery' | 'recoveryTime'>;
  #work = 0;
  #digestCost = 0;
  #digestedAt = Number.NEGATIVE_INFINITY;
  #snapshotCost = 0;

  constructor(clock: TaskClock, options: Pick<TaskOptions, 'snapshotEvery' | 'recoveryTime'>) {
    this.#elapsed = () => clock.elapsed?.() ?? clock.now();
    this.#options = options;
  }

  /** Measures work that a restarted task would have to repeat. */
  async work(run: () => Promise<void>): Promise<void> {
    const start = this.#elapsed();
    await run();
    this.#work += this.#elapsed() - start;
  }

  /** Measures a digest. */
  digest<R>(take: () => R): R {
    const start = this.#elapsed();
    const result = take();
    this.#digestedAt = this.#elapsed();
    this.#digestCost = this.#digestedAt - start;
    return result;
  }

  /** Measures a commit that stores a snapshot; from then on there is nothing to repeat. */
  async snapshot(store: () => Promise<void>): Promise<void> {
    const start = this.#elapsed();
    await store();
    this.#snapshotCost = this.#elapsed() - start + this.#digestCost;
    this.#work = 0;
  }

  digestDue(): boolean {
    return this.#elapsed() - this.#digestedAt >= DIGEST_SHARE * this.#digestCost;
  }

  /** `since` is epochs since the newest snapshot, undefined while there is none: the first one pins where the inputs began. */
  snapshotDue(since: number | undefined, epoch: number, journalBytes: number): boolean {
    const { snapshotEvery, recoveryTime } = this.#options;
    if (journalBytes > JOURNAL_BYTES) return true;
    if (snapshotEvery !== undefined) return (since ?? epoch) >= snapshotEvery;
    return since === undefined || this.#work >= Math.max(recoveryTime, SNAPSHOT_SHARE * this.#snapshotCost);
  }
}

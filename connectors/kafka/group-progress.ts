import type { GroupOffsets } from './transaction-owner.ts';

/**
 * Says which commits of a task take the offsets of its consumer groups along: they are for others to see, a task itself goes by its commit records. Each costs two requests one after the other and markers in one more partition, which milliseconds-long epochs
 * would feel; so most go without, and where no commit follows in time, a transaction of their own catches up.
 */
export class GroupProgress {
  readonly #commit: (offsets: readonly GroupOffsets[]) => Promise<void>;
  readonly #every: number;
  #committedAt = Number.NEGATIVE_INFINITY;
  #late: readonly GroupOffsets[] = [];
  #timer: NodeJS.Timeout | undefined;
  #catchingUp: Promise<void> = Promise.resolve();

  /** `commit` commits offsets and nothing else, and must not throw; `every` is how often they are committed, ms. */
  constructor(commit: (offsets: readonly GroupOffsets[]) => Promise<void>, every: number) {
    this.#commit = commit;
    this.#every = every;
  }

  /** Offsets that have to go with the next commit: these, when they are due or `now`, else none. Waits while older ones catch up. */
  async take(offsets: readonly GroupOffsets[], now: boolean): Promise<readonly GroupOffsets[]> {
    clearTimeout(this.#timer);
    await this.#catchingUp;
    this.#late = offsets;
    return now || performance.now() - this.#committedAt >= this.#every ? this.#settle() : [];
  }

  /** The commit is through: offsets that went without are caught up unless another commit follows in time. */
  committed(): void {
    if (this.#late.length > 0) this.#timer = setTimeout(() => this.catchUp(), this.#every).unref();
  }

  /** Waits while offsets catch up: a task has one transaction at a time. */
  settled(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#catchingUp;
  }

  /** Commits what went without. */
  catchUp(): Promise<void> {
    clearTimeout(this.#timer);
    this.#catchingUp = this.#catchingUp.then(async () => {
      if (this.#late.length > 0) await this.#commit(this.#settle());
    });
    return this.#catchingUp;
  }

  #settle(): readonly GroupOffsets[] {
    const offsets = this.#late;
    this.#late = [];
    this.#committedAt = performance.now();
    return offsets;
  }
}

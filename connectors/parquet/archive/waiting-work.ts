/**
 * Runs work that is done at once as far as it can, and yields promises where it has to wait: such work, and all that comes after it, goes on one after the other.
 */
export class WaitingWork {
  readonly #failure: (thrown: unknown) => Error;
  #newest: Promise<void> | undefined;

  /** `failure` makes errors of the work what callers are told. */
  constructor(failure: (thrown: unknown) => Error) {
    this.#failure = failure;
  }

  /** Runs work; a promise where it, or what came before it, is not done yet. */
  run(work: Iterator<Promise<void>, void>): Promise<void> | void {
    if (this.#newest !== undefined) return this.#resume(work, this.#newest);
    const first = this.#step(work);
    return first.done ? undefined : this.#resume(work, first.value);
  }

  /** Resolves when all work is done; rejects when one failed, as all that came after it did. */
  async done(): Promise<void> {
    await this.#newest;
  }

  forget(): void {
    this.#newest = undefined;
  }

  #resume(work: Iterator<Promise<void>, void>, first: Promise<void>): Promise<void> {
    const resumed = this.#rest(work, first).then(() => {
      if (this.#newest === resumed) this.#newest = undefined;
    });
    // Whoever waits for it is told.
    resumed.catch(() => {});
    this.#newest = resumed;
    return resumed;
  }

  async #rest(work: Iterator<Promise<void>, void>, first: Promise<void>): Promise<void> {
    try {
      await first;
      for (let wait = work.next(); !wait.done; wait = work.next()) await wait.value;
    } catch (thrown) {
      throw this.#failure(thrown);
    }
  }

  #step(work: Iterator<Promise<void>, void>): IteratorResult<Promise<void>, void> {
    try {
      return work.next();
    } catch (thrown) {
      throw this.#failure(thrown);
    }
  }
}

/**
 * What a task sends to its home while it goes on working: outputs ahead of their commit, and the commit itself. One piece of work is under way at a time, in the order in which they
 * were started; what it throws shows at the next call.
 */
export class Sending {
  #work: Promise<void> = Promise.resolve();
  #busy = false;

  /** Whether something is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Begins the work once the one before has succeeded; resolves as soon as it is under way. */
  async start(work: () => Promise<void>): Promise<void> {
    await this.#work;
    this.#busy = true;
    this.#work = work().finally(() => {
      this.#busy = false;
    });
    // Awaited by the next call; until then its failure is no unhandled one.
    this.#work.catch(() => {});
  }

  /** Waits for what is under way. Throws what it threw, at every call from then on. */
  settle(): Promise<void> {
    return this.#work;
  }
}

import { MillraceError } from '../../streams/index.ts';
import type { TaskClock } from '../system-clock.ts';

/** Where virtual time begins: a moment that no reading of the machine's clock gives. */
const START = Date.UTC(2020, 0, 1);
/** Turns of the event loop without any call of the simulator before the next event is due. */
const QUIET_TURNS = 3;
/** A run that has not ended after so much virtual time never will, ms. */
const LONGEST_RUN = 600_000;
/** Turns of the event loop with nothing to do before the simulation counts as stuck; sources outside of it may be busy that long. */
const STUCK_AFTER = 5000;

interface Timer {
  readonly at: number;
  readonly number: number;
  readonly run: () => void;
}

/** A clock that stands still while code runs and jumps to the next timer when all of it waits: an hour passes in a moment, and always in the same order. */
export class VirtualTime implements TaskClock {
  #now = START;
  #timers: Timer[] = [];
  #number = 0;
  #measured = 0;
  #measurements = 0;

  now(): number {
    return this.#now;
  }

  /** Work that is measured seems to take 1 to 17 ms, so that tasks digest and snapshot their state now at every epoch, now after many. */
  elapsed(): number {
    this.#measured += 1 + (++this.#measurements % 17);
    return this.#measured;
  }

  /** Runs `run` after so much virtual time; timers of one moment run in the order they were set. */
  after(milliseconds: number, run: () => void): void {
    const timer = { at: this.#now + milliseconds, number: ++this.#number, run };
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1] as Timer).at > timer.at) index--;
    this.#timers.splice(index, 0, timer);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.after(milliseconds, resolve);
    });
  }

  /**
   * Lets time pass until `done`.
   *
   * @throws MillraceError TIMEOUT when ten minutes have passed, or everybody waits and nothing is due.
   */
  async pass(done: () => boolean): Promise<void> {
    for (let idle = 0; ; ) {
      await this.#settle();
      if (done()) return;
      const timer = this.#timers.shift();
      if (timer === undefined) {
        if (++idle > STUCK_AFTER)
          throw new MillraceError('TIMEOUT', 'everybody waits for something that never comes', {
            hint: 'simulated pipelines may not wait for real timers or connections',
          });
        continue;
      }
      idle = 0;
      if (timer.at > START + LONGEST_RUN) throw new MillraceError('TIMEOUT', 'the run has not ended after ten minutes of virtual time');
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
    }
  }

  /** Lets everything run that can, until all wait. */
  async #settle(): Promise<void> {
    let seen = -1;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      if (seen !== this.#number) quiet = 0;
      seen = this.#number;
      await new Promise(setImmediate);
    }
  }
}

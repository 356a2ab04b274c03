import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ThreadSeat } from './thread-messages.ts';

/** The thread's file lies beside this one, as source or as built. */
const THREAD = new URL(`./thread-start${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/** Threads for tasks, begun before it is known which tasks: they load the pipeline's module while the run connects, creates topics and plans. */
export class SpareThreads {
  readonly #seat: ThreadSeat;
  readonly #spare = new Set<Worker>();

  constructor(seat: ThreadSeat, count: number) {
    this.#seat = seat;
    for (let thread = 0; thread < count; thread++) this.#keep(this.#begin());
  }

  #begin(): Worker {
    return new Worker(THREAD, { workerData: this.#seat });
  }

  #keep(worker: Worker): void {
    this.#spare.add(worker);
    // One that ends before it is needed is replaced by a new one, which shows why.
    worker.once('error', () => this.#spare.delete(worker));
    worker.once('exit', () => this.#spare.delete(worker));
  }

  /** A thread that waits for its tasks, or a new one. */
  take(): Worker {
    const [worker] = this.#spare;
    if (worker === undefined) return this.#begin();
    this.#spare.delete(worker);
    return worker;
  }

  /** Ends those that nobody took. */
  async close(): Promise<void> {
    const left = [...this.#spare];
    this.#spare.clear();
    await Promise.all(left.map((worker) => worker.terminate()));
  }
}

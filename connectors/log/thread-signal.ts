import type { BroadcastChannel } from 'node:worker_threads';
import { AppendSignal } from '../topic-source/index.ts';
import { openChannel } from './signal-channel.ts';

/** Wakes sources that wait for records of one log, in all threads of this process: workers read what feeds and other workers append. */
export class ThreadSignal {
  readonly #own = new AppendSignal();
  readonly #channel: BroadcastChannel;

  constructor(file: string) {
    this.#channel = openChannel(file);
    this.#channel.onmessage = () => this.#own.notify();
  }

  notify(): void {
    this.#own.notify();
    this.#channel.postMessage(null);
  }

  /** Resolves at the next `notify` in any thread, at the latest after `milliseconds`. */
  wait(milliseconds: number): Promise<void> {
    return this.#own.wait(milliseconds);
  }

  close(): void {
    this.#channel.close();
  }
}

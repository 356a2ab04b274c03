import type { Worker } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';

/** Bytes of the write-ahead log that are worth a checkpoint: what SQLite takes by default. */
const STEP = 16 * 1024 * 1024;
/** With so much in it, writes wait for a checkpoint: it is begun anew only when all of it is in the database. */
const LIMIT = 128 * 1024 * 1024;

/**
 * Has SQLite's write-ahead log brought into the database by a thread of its own, which is started when there is much of it for the first time.
 * Source: https://www.sqlite.org/wal.html#ckpt
 */
export class Checkpointer {
  readonly #file: string;
  #thread: Worker | undefined;
  /** Bytes in the write-ahead log that are not known to be in the database. */
  #behind = 0;
  /** Of those, the ones that were there when the last checkpoint was asked for. */
  #asked = 0;
  #underWay = false;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** So many bytes were written. */
  wrote(bytes: number): void {
    this.#behind += bytes;
    this.#askIfWorth();
  }

  /** Resolves when more may be written; undefined when it may at once. */
  room(): Promise<void> | undefined {
    if (this.#behind < LIMIT) return undefined;
    this.#room ??= Promise.withResolvers();
    if (!this.#underWay) this.#ask();
    return this.#room.promise;
  }

  #askIfWorth(): void {
    if (!this.#underWay && this.#behind - this.#asked >= STEP) this.#ask();
  }

  #ask(): void {
    this.#underWay = true;
    this.#asked = this.#behind;
    this.#thread ??= this.#start();
    this.#thread.postMessage('checkpoint');
  }

  #start(): Worker {
    const thread = startThread('checkpointer-thread', import.meta.url, this.#file);
    thread.unref();
    thread.on('message', () => this.#answered());
    // The committer's own connection does the work then.
    thread.on('error', () => {});
    thread.on('exit', () => {
      this.#thread = undefined;
      if (this.#underWay) this.#answered();
    });
    return thread;
  }

  #answered(): void {
    this.#underWay = false;
    // All of it, unless a reader still needs what was there before; then it grows, and SQLite bounds it.
    if (this.#behind === this.#asked) {
      this.#behind = 0;
      this.#asked = 0;
    }
    if (this.#room === undefined || this.#behind === 0) {
      this.#room?.resolve();
      this.#room = undefined;
      this.#askIfWorth();
    } else this.#ask();
  }

  /** The thread ends when it has done what it was asked for. */
  close(): void {
    this.#thread?.postMessage(null);
    this.#thread?.ref();
  }
}

import type { Worker } from 'node:worker_threads';
import { startThread } from '../../start-thread.ts';
import { GroupHost, type GroupRequest, type GroupRows, type WrittenGroup } from './group-host.ts';

/** Where row groups are encoded: in a thread of the encoder's own, or in the caller's. */
export type EncodeIn = 'worker' | 'caller';

/** Row groups that wait or are being encoded: one of each. */
const MOST_UNDER_WAY = 2;
/** Bytes of rows that are encoded faster than handed over. */
const SMALL = 256 * 1024;
/** Memory that is kept for the next row groups. */
const LARGEST_SPARE = 64 * 1024 * 1024;

interface Waiting {
  resolve(written: WrittenGroup): void;
  reject(error: Error): void;
}

/** Encodes and writes row groups, one after the other, in the order in which they are given. */
export class GroupEncoder {
  readonly #where: EncodeIn;
  readonly #host = new GroupHost();
  readonly #waiting = new Map<number, Waiting>();
  readonly #spares: ArrayBuffer[] = [];
  #worker: Worker | undefined;
  #calls = 0;
  #room: (() => void)[] = [];

  constructor(where: EncodeIn) {
    this.#where = where;
  }

  /** Whether the caller should wait for `room` before it gives another one: else memory grows. */
  get isFull(): boolean {
    return this.#waiting.size >= MOST_UNDER_WAY;
  }

  room(): Promise<void> {
    return this.isFull ? new Promise((resolve) => this.#room.push(resolve)) : Promise.resolve();
  }

  /** Memory for rows that can be used again. */
  takeSpare(): ArrayBuffer | undefined {
    return this.#spares.pop();
  }

  /** Writes a row group: at once, or in the thread. A request without a position has to follow one of the same file that is under way. */
  write(request: GroupRequest): WrittenGroup | Promise<WrittenGroup> {
    const { size, memory } = sizeOf(request.rows);
    if (this.#where === 'caller' || (request.position !== undefined && size < SMALL)) return this.#kept(this.#host.write(request));
    this.#worker ??= this.#started();
    if (this.#waiting.size === 0) this.#worker.ref();
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker?.postMessage({ id, request }, memory);
    });
  }

  /** Ends the thread; nothing may be under way. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    // Without a reference the process could end before the thread has.
    worker?.ref();
    await worker?.terminate();
  }

  #started(): Worker {
    const worker = startThread('encode-worker', import.meta.url);
    worker.on('message', ({ id, written, error }: { id: number; written: WrittenGroup; error?: Error }) => {
      if (error === undefined) this.#settle(id)?.resolve(this.#kept(written));
      else this.#settle(id)?.reject(error);
    });
    const fail = (error: Error) => {
      if (this.#worker !== worker) return;
      // The next row group gets a thread of its own, which refuses one that goes on with a file.
      this.#worker = undefined;
      for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(error);
    };
    worker.on('error', fail);
    worker.on('exit', () => fail(new Error('the encoding thread ended')));
    return worker;
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    // The thread keeps the process alive only while an answer is awaited.
    if (this.#waiting.size === 0) this.#worker?.unref();
    for (const resume of this.#room.splice(0)) resume();
    return waiting;
  }

  #kept(written: WrittenGroup): WrittenGroup {
    const { memory } = written;
    if (memory !== undefined && memory.byteLength <= LARGEST_SPARE && this.#spares.length < MOST_UNDER_WAY) this.#spares.push(memory);
    return written;
  }
}

function sizeOf({ flat, library }: GroupRows): { size: number; memory: ArrayBuffer[] } {
  return {
    size: (flat?.packed.bytes ?? 0) + (library?.ipc.length ?? 0),
    memory: [...(flat ? [flat.packed.memory] : []), ...(library ? [library.ipc.buffer] : [])],
  };
}

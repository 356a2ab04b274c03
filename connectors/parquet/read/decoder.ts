import type { Worker } from 'node:worker_threads';
import { pageProgram } from '../../../kernels/index.ts';
import { startThread } from '../../start-thread.ts';
import type { DecodedBlock } from './column-block.ts';
import type { ChunkRequest, EngineName } from './engine.ts';
import { EngineHost } from './engine-host.ts';

/** Decodes chunks of files in some thread. Errors are plain, with the engine's words; callers add file and row group. */
export interface Decoder {
  open(path: string): Promise<Uint8Array>;
  next(stream: number, path: string, request: ChunkRequest): Promise<DecodedBlock | undefined>;
  cancel(stream: number): Promise<undefined>;
  /** Closes all files and ends the thread; calls under way fail. */
  end(): Promise<void>;
}

/** A decoder in a thread of its own, so that 30 ms of decoding never hold up the task; or in the caller's thread. */
export function createDecoder(engine: EngineName, thread: 'worker' | 'caller'): Decoder {
  return thread === 'worker' ? new ThreadDecoder(engine) : new EngineHost(engine, { pages: pageProgram(), wholeGroups: true });
}

/** A schema, a block, or nothing. */
type Answer = Uint8Array | DecodedBlock | undefined;

interface Waiting {
  resolve(result: Answer): void;
  reject(error: Error): void;
}

class ThreadDecoder implements Decoder {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #failure: Error | undefined;
  #ending = false;

  constructor(engine: EngineName) {
    this.#worker = startThread('decode-worker', import.meta.url, { engine, pages: pageProgram() });
    this.#worker.unref();
    this.#worker.on('message', ({ id, result, error }: { id: number; result?: Answer; error?: string }) => {
      const waiting = this.#settle(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the decoding thread ended')));
  }

  open(path: string): Promise<Uint8Array> {
    return this.#call('open', path) as Promise<Uint8Array>;
  }

  next(stream: number, path: string, request: ChunkRequest): Promise<DecodedBlock | undefined> {
    return this.#call('next', stream, path, request) as Promise<DecodedBlock | undefined>;
  }

  cancel(stream: number): Promise<undefined> {
    return this.#call('cancel', stream) as Promise<undefined>;
  }

  async end(): Promise<void> {
    // Without a reference the process could end before the thread has; an answer that comes now must not take it back.
    this.#ending = true;
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #call(method: keyof Omit<Decoder, 'end'>, ...parameters: unknown[]): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#calls++;
    // The thread keeps the process alive only while an answer is awaited.
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, parameters });
    });
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0 && !this.#ending) this.#worker.unref();
    return waiting;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(error);
  }
}

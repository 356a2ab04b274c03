import type { MessagePort } from 'node:worker_threads';
import { SpareMemory } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { WriteReply, WriteRequest } from './committer-messages.ts';
import { type LogWrite, memoryOf, type WritePath } from './log-write.ts';
import { writeError } from './write-error.ts';

/** Writes through the run's committer thread: the caller goes on while its write is under way. */
export class Committer implements WritePath {
  readonly memory = new SpareMemory();
  readonly #file: string;
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>();
  #next = 0;
  #closed = false;

  constructor(port: MessagePort, file: string) {
    this.#file = file;
    this.#port = port;
    port.on('message', (reply: WriteReply) => this.#answered(reply));
    port.on('close', () => this.#lost());
    port.unref();
  }

  write(write: LogWrite): Promise<void> {
    const id = this.#next++;
    const outcome = Promise.withResolvers<void>();
    this.#waiting.set(id, outcome);
    if (this.#closed) this.#lost();
    else {
      // The process stays for its answer.
      this.#port.ref();
      const request: WriteRequest = { id, write: withOwnPages(write) };
      this.#port.postMessage(request, memoryOf(write));
    }
    return outcome.promise;
  }

  #answered({ id, fault, memory }: WriteReply): void {
    for (const buffer of memory) this.memory.give(buffer);
    const outcome = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#port.unref();
    if (fault === undefined) outcome?.resolve();
    else outcome?.reject(writeError(fault, this.#file));
  }

  /** The thread is gone: whether it has committed what waits is not known, and is read when the task is opened anew. */
  #lost(): void {
    this.#closed = true;
    const error = new MillraceError('STORE_FAILED', `the thread that writes ${this.#file} has ended`, {
      hint: 'what was committed before is safe: start again',
    });
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  close(): void {
    this.#port.close();
  }
}

/** Pages of a snapshot are parts of a larger one: copied without the rest. */
function withOwnPages(write: LogWrite): LogWrite {
  const { outputs, commit } = write;
  if (commit?.snapshot === undefined) return write;
  const pages = commit.snapshot.pages.map((page) => ({ ...page, bytes: page.bytes.slice() }));
  return { outputs, commit: { ...commit, snapshot: { ...commit.snapshot, pages } } };
}

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { startThread } from '../start-thread.ts';
import type { CommitterStart } from './committer-messages.ts';

/** A running committer thread. It lives until it is closed, or the thread that started it ends. */
export interface CommitterThread {
  /** A way to it for one more thread, which may be this one. */
  connect(): MessagePort;
  /** Lets it carry out what it was given, and end. */
  close(): Promise<void>;
}

/** Starts the thread that writes for all workers of a run. */
export function startCommitter(start: CommitterStart): CommitterThread {
  const worker = startThread('committer-thread', import.meta.url, start);
  worker.unref();
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  // Its users learn of it: their ports close.
  worker.on('error', (error: Error) =>
    process.emitWarning(`the thread that writes ${start.folder} has failed: ${error.message}`, 'MillraceWarning'),
  );
  worker.on('message', (error: Error) =>
    process.emitWarning(`old records in ${start.folder} were not deleted: ${error.message}`, 'MillraceWarning'),
  );
  return {
    connect: () => {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(port2, [port2]);
      return port1;
    },
    close: () => {
      worker.postMessage(null);
      worker.ref();
      return ended;
    },
  };
}

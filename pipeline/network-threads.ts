import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { provideThreads, type ThreadSeat, threadFailed } from '../kernels/index.ts';

/** The thread's file lies beside this one, as source or as built. */
const THREAD = new URL(`./network-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

/**
 * Starts a thread of a network in Node. `compile(model, { ..., threads: 2 })` of `millrace/models` uses it wherever `millrace` is imported, since a network
 * may be made before any pipeline is.
 *
 * @param seat from the network
 */
export function spawnThread(seat: ThreadSeat): void {
  // Flags of the program, such as --input-type, are not for the thread.
  const worker = new Worker(THREAD, { workerData: seat, execArgv: [] });
  worker.unref();
  worker.on('error', (error: Error) => {
    threadFailed(seat, error);
    if (seat.training !== undefined) return;
    process.emitWarning(`a thread of a network has failed, and the network goes on without it: ${error.message}`, 'MillraceWarning');
  });
}

provideThreads(spawnThread);

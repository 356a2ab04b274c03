import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** Starts the file `name` beside a module (`import.meta.url`) as a thread: as source inside the repository, as built in the package. */
export function startThread(name: string, module: string, workerData?: unknown): Worker {
  // Flags of the program, such as --input-type, are not for the thread.
  return new Worker(new URL(`./${name}${extname(fileURLToPath(module))}`, module), { workerData, execArgv: [] });
}

import { setFlagsFromString } from 'node:v8';

/** V8 of Node 26, the oldest that this was measured on. */
const FIRST_VERSION = 14;

/**
 * Tells V8 to weigh the memory of typed arrays together with the heap when it decides whether to collect. Otherwise every 30 MB of columns that come and go start a collection of the whole heap, although
 * nothing on it has become garbage: a third of the CPU that reading takes. For the whole process, its worker threads too; `millrace` does it for itself, a program of your own
 * calls it once at its start. Costs about 15 MB.
 *
 * @example
 * collectSeldom();
 * await start(pipeline, { brokers: 'localhost:9092' }).done;
 */
export function collectSeldom(): void {
  // Older ones do not know it, and would say so on stderr.
  if (Number.parseInt(process.versions.v8, 10) < FIRST_VERSION) return;
  setFlagsFromString('--external-memory-accounted-in-global-limit');
}

import type { ThreadSeat } from './thread.ts';
import type { TrainingSeat } from './training-seat.ts';

/** Starts a thread that calls `runThread(seat)`, and does not keep the process alive for it. */
export type SpawnThread = (seat: ThreadSeat | TrainingSeat) => void;

const host: { spawn?: SpawnThread } = {};

/**
 * Says how this program starts threads: models know neither Node nor browsers. Millrace's pipelines do it when they are loaded; a program that uses models alone does it
 * once, before its first network with threads.
 *
 * @example
 * // worker.ts is `import { runThread } from 'millrace/models'; import { workerData } from 'node:worker_threads'; runThread(workerData);`
 * provideThreads((seat) => void new Worker(new URL('./worker.ts', import.meta.url), { workerData: seat }).unref());
 */
export function provideThreads(spawn: SpawnThread | undefined): void {
  host.spawn = spawn;
}

/** How to start a thread; undefined where the program has not said it. */
export function providedThreads(): SpawnThread | undefined {
  return host.spawn;
}

import type { ThreadSeat } from './thread.ts';

/** Starts a thread that calls `runThread(seat)`, and does not keep the process alive for it. */
export type SpawnThread = (seat: ThreadSeat) => void;

// What the program runs in does not change, so one part of it says this for all: kernels and models know neither Node nor browsers.
const host: { spawn?: SpawnThread } = {};

/**
 * Says how this program starts threads. In Node, `millrace` does so when it is loaded; a program that uses models alone, or in a browser, does it once, before its first
 * network with threads.
 *
 * @example
 * // A browser: thread.js is `import { runThread } from 'millrace/models'; onmessage = ({ data }) => runThread(data);`
 * provideThreads((seat) => new Worker(new URL('./thread.js', import.meta.url), { type: 'module' }).postMessage(seat));
 */
export function provideThreads(spawn: SpawnThread | undefined): void {
  host.spawn = spawn;
}

/** How to start a thread; undefined where the program has not said it. */
export function providedThreads(): SpawnThread | undefined {
  return host.spawn;
}

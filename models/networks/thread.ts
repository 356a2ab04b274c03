import { providedThreads, type SpawnThread } from '../../kernels/index.ts';
import { MillraceError } from '../../streams/index.ts';

const MOST_THREADS = 64;

/** Threads of a network that are started in a way of its own. */
export interface ThreadOptions {
  /** Threads in all, the caller's among them. */
  readonly count: number;
  /** Starts a thread that calls `runThread(seat)`. Default: what `provideThreads` was given. */
  readonly spawn?: SpawnThread;
}

/** Threads as an engine takes them. */
export interface Threads {
  readonly count: number;
  readonly spawn: SpawnThread;
}

/**
 * Undefined for a single thread.
 *
 * @throws MillraceError INVALID_OPTION
 */
export function resolveThreads(threads: number | ThreadOptions | undefined): Threads | undefined {
  const { count, spawn = providedThreads() } = typeof threads === 'object' ? threads : { count: threads ?? 1 };
  if (!(Number.isInteger(count) && count >= 1 && count <= MOST_THREADS))
    throw new MillraceError('INVALID_OPTION', `threads is ${count}, but must be a whole number from 1 to ${MOST_THREADS}`);
  if (count === 1) return undefined;
  if (spawn !== undefined) return { count, spawn };
  throw new MillraceError('INVALID_OPTION', `threads is ${count}, but nothing has said how to start a thread`, {
    hint: "import 'millrace', which knows how to in Node, or call provideThreads first",
  });
}

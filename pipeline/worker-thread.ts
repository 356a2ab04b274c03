/** Runs some tasks of a pipeline in a thread of their own. Started by ThreadTasks, by way of thread-start. */
import { parentPort, workerData } from 'node:worker_threads';
import { MillraceError } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { withFoundTopics } from './input-topics.ts';
import { openHome } from './open-home.ts';
import { systemClock } from './system-clock.ts';
import { TaskGroup } from './task-group.ts';
import { type FromThread, plainError, type ThreadSeat, type ThreadStart, type ToThread } from './thread-messages.ts';

const PROGRESS_EVERY = 200;

const port = parentPort as NonNullable<typeof parentPort>;
const post = (message: FromThread) => port.postMessage(message);
const tasks = Promise.withResolvers<ThreadStart>();

const stop = new AbortController();
let inputEnds = false;
port.on('message', (message: ToThread) => {
  if (message === 'stop') stop.abort();
  else if (message === 'inputEnds') inputEnds = true;
  else tasks.resolve(message);
});

async function runTasks(): Promise<void> {
  const loading = import((workerData as ThreadSeat).module) as Promise<{ readonly pipeline: Pipeline }>;
  // What it throws is told when the thread is given tasks.
  loading.catch(() => {});
  const { home: place, found, options, partitions, consent, tasks: own } = await tasks.promise;
  const pipeline = withFoundTopics((await loading).pipeline, found);
  const home = openHome({ ...place, shared: true });
  const group = new TaskGroup(
    {
      pipeline,
      home,
      options,
      partitions,
      consent,
      clock: systemClock,
      inputEnds: () => inputEnds,
      onNotice: (notice) => post({ kind: 'notice', notice }),
      onRetry: (error, pause) => post({ kind: 'retry', error: plainError(error), pause }),
    },
    own,
  );
  const timer = setInterval(() => post({ kind: 'progress', ...group.progress() }), PROGRESS_EVERY);
  try {
    const result = await group.run(stop.signal);
    post({ kind: 'progress', ...group.progress() });
    post({ kind: 'done', result });
  } finally {
    clearInterval(timer);
    await home.close();
  }
}

try {
  await runTasks();
} catch (thrown) {
  post({ kind: 'failed', error: plainError(MillraceError.from(thrown, 'INTERNAL')) });
} finally {
  port.close();
}

/** Runs some tasks of a pipeline in a thread of their own. Started by ThreadTasks, by way of thread-start. */
import { parentPort, workerData } from 'node:worker_threads';
import { MillraceError } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { withFoundTopics } from './input-topics.ts';
import { openHome } from './open-home.ts';
import { systemClock } from './system-clock.ts';
import { TaskGroup } from './task-group.ts';
import { type FromThread, plainError, type ThreadStart, type ToThread } from './thread-messages.ts';

const PROGRESS_EVERY = 200;

const port = parentPort as NonNullable<typeof parentPort>;
const post = (message: FromThread) => port.postMessage(message);
const start = workerData as ThreadStart;

const stop = new AbortController();
let inputEnds = false;
port.on('message', (message: ToThread) => {
  if (message === 'stop') stop.abort();
  else inputEnds = true;
});

async function runTasks(): Promise<void> {
  const module = (await import(start.module)) as { readonly pipeline: Pipeline };
  const pipeline = withFoundTopics(module.pipeline, start.found);
  const home = openHome({ ...start.home, shared: true });
  const { options, partitions, consent } = start;
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
    start.tasks,
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

/**
 * A worker in a process of its own: runs the chaos pipeline on a broker until its input is drained, slowly enough to be met in the middle.
 *
 *   node --conditions=millrace-source kafka-worker.ts BROKERS NAME PAUSE_MS TRANSACTION_TIMEOUT_MS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../../../connectors/index.ts';
import { start } from '../../../pipeline/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { chaosPipeline } from './chaos-pipeline.ts';
import { CHAOS_TASK, impatientKafka } from './chaos-run.ts';

const [brokers = '', name, pause, transactionTimeout] = process.argv.slice(2);

/** The home, whose sources take a pause before each batch. */
function slowed(home: Home, milliseconds: number): Home {
  return {
    ...home,
    source: (topic, group) => {
      const source = home.source(topic, group);
      return {
        schema: source.schema,
        open: (...place) => source.open(...place),
        next: async (budget) => {
          await sleep(milliseconds);
          return source.next(budget);
        },
        close: () => source.close(),
      };
    },
  };
}

const home = impatientKafka(/^\d+$/.test(brokers) ? Number(brokers) : brokers, Number(transactionTimeout));
const onRetry = (error: MillraceError) => console.error(`retry: ${error.describe()}`);
const run = start(chaosPipeline(name as string), { home: slowed(home, Number(pause)), drain: true, task: CHAOS_TASK, onRetry });
process.once('SIGTERM', () => run.stop());
try {
  const summary = await run.done;
  console.log(JSON.stringify({ rowsIn: summary.rowsIn, ended: summary.ended }));
} catch (thrown) {
  console.error(MillraceError.from(thrown, 'INTERNAL').describe());
  process.exitCode = 1;
} finally {
  await home.close();
}

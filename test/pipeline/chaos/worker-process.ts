import { fileURLToPath } from 'node:url';
import { MillraceProcess } from '../crash/millrace-process.ts';
import { type Brokers, impatientKafka } from './chaos-run.ts';

const WORKER = fileURLToPath(new URL('./kafka-worker.ts', import.meta.url));

/** Starts a worker of the chaos pipeline `name`. */
export const startWorker = (brokers: Brokers, name: string, pause = 10, transactionTimeout = 8000): MillraceProcess =>
  new MillraceProcess([String(brokers), name, String(pause), String(transactionTimeout)], { program: WORKER });

/** Records that the pipeline has committed so far: the end of its output as read_committed consumers know it. */
export async function committedTotals(brokers: Brokers, name: string): Promise<number> {
  const home = impatientKafka(brokers);
  try {
    const [record] = await home.epochs.peek(`${name}/`);
    return record?.nextOrdinal ?? 0;
  } finally {
    await home.close();
  }
}

import { type Home, memoryStore, openKafka } from '../../../connectors/index.ts';
import { start } from '../../../pipeline/index.ts';
import { compareOutcomes, type Outcome, readOutcome } from '../../../pipeline/testing.ts';
import { chaosPipeline, chaosRecords } from './chaos-pipeline.ts';

/** Small blocks and small fetches, so that there are many of them. */
const BLOCK = 200;
const FETCH_BYTES = 20_000;

/** Small turns and epochs, so that there are many transactions to disturb. */
export const CHAOS_TASK = { batchRows: 100, epochRows: 200, snapshotEvery: 3 };

/** The port of a broker on this machine, or the addresses of several. */
export type Brokers = number | string;

/** A client that gives up soon, so that a swallowed request costs seconds, not minutes. */
export const impatientKafka = (brokers: Brokers, transactionTimeout = 8000): Home =>
  openKafka({
    brokers: typeof brokers === 'number' ? `127.0.0.1:${brokers}` : brokers,
    requestTimeout: 1500,
    patience: 6000,
    transactionTimeout,
    maxBytesPerFetch: FETCH_BYTES,
    // With every commit, so that faults meet these requests too.
    offsetsEvery: 0,
  });

/** Publishes the first `rows` records of the input. */
export async function publishInput(home: Home, name: string, rows: number): Promise<void> {
  await home.topics.ensure(`${name}.events`, { partitions: 1 });
  for (let from = 0; from < rows; from += BLOCK)
    await home.topics.append(`${name}.events`, 0, chaosRecords(from, Math.min(rows, from + BLOCK)));
}

/** What an undisturbed run over `rows` records comes to, in memory. */
export async function undisturbedOutcome(name: string, rows: number): Promise<Outcome> {
  const home = memoryStore().open();
  await publishInput(home, name, rows);
  await start(chaosPipeline(name), { home, drain: true, task: CHAOS_TASK }).done;
  return readOutcome(home, chaosPipeline(name));
}

/** What read_committed consumers see on the broker against the undisturbed run; empty when every row is there exactly once. */
export async function differencesOnBroker(brokers: Brokers, name: string, expected: Outcome): Promise<readonly string[]> {
  const home = impatientKafka(brokers);
  try {
    return compareOutcomes(expected, await readOutcome(home, chaosPipeline(name)));
  } finally {
    await home.close();
  }
}

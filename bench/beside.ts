import { type Home, memoryStore, RecordWriter } from '../connectors/index.ts';
import { type Pipeline, start } from '../pipeline/index.ts';
import type { Suite } from './bench-line.ts';
import { liveTopic, singleTaskJobs } from './end-to-end/learn-pipelines.ts';
import { recordText } from './end-to-end/records.ts';

const ROUNDS = 3;
const LAG = 16;

async function publish(home: Home, rows: number): Promise<void> {
  await home.topics.ensure(liveTopic.name, { partitions: 1 });
  const writer = new RecordWriter();
  const encoder = new TextEncoder();
  for (let row = 0; row < rows; row++) {
    const { text, time } = recordText(row);
    writer.value(encoder.encode(text));
    writer.endRecord({ key: null, timestamp: time });
  }
  await home.topics.append(liveTopic.name, 0, writer.finish());
}

/** Rows per second of a job over records in memory. */
async function rateOf(pipeline: Pipeline, rows: number): Promise<number> {
  const store = memoryStore();
  await publish(store.open(), rows);
  const begun = performance.now();
  const { rowsIn } = await start(pipeline, { home: store.open(), drain: true }).done;
  if (rowsIn !== rows) throw new Error(`${rowsIn} rows read of ${rows}`);
  return rows / ((performance.now() - begun) / 1000);
}

/** J2 with records in memory, one task: trained by a thread beside ingestion, against training at once. */
export const run: Suite = async (report, { quick }) => {
  const rows = quick ? 60_000 : 400_000;
  const [atOnce, beside] = [singleTaskJobs(), singleTaskJobs({ beside: { lag: LAG } })];
  for (const kind of ['mlp', 'gru'] as const) {
    let [ours, peer] = [0, 0];
    for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
      peer = Math.max(peer, await rateOf(atOnce[kind], rows));
      ours = Math.max(ours, await rateOf(beside[kind], rows));
    }
    report({ case: `J2 ${kind}, lag ${LAG}`, unit: 'rows/s', ours, peer: { name: 'training at once', value: peer } });
  }
};

/** What bench/parquet.ts measures of ours, in a process of its own: `read FILE [COLUMNS]`, `write FILE FOLDER CODEC`, `feed FILE FOLDER|kafka:BROKERS`, `pace FILE SPEED`. */
import { rmSync } from 'node:fs';
import type { Batch, StreamBatch } from 'millrace';
import {
  type ArchiveOptions,
  archive,
  openKafka,
  parquet,
  replaying,
  type SourceBatch,
  type SourceDefinition,
  topic,
} from 'millrace/connectors';
// Alone: the memory of reading is measured without pipelines.
import { collectSeldom } from '../../pipeline/collect-seldom.ts';

/** Its topics begin with it. */
const REPLAY = 'bench-parquet-replay';
const BUDGET = { rows: 65_536, bytes: 64 * 1024 * 1024 };

async function* batchesOf(definition: SourceDefinition<never>): AsyncGenerator<SourceBatch<never>> {
  const source = definition.create();
  await source.open(0, undefined);
  for (let batch = await source.next(BUDGET); batch !== 'end'; batch = await source.next(BUDGET)) if (batch !== 'idle') yield batch;
  await source.close();
}

const sourceOf = (path: string, columns?: readonly string[]) => parquet(path, { ...(columns && { columns }) }) as SourceDefinition<never>;

async function read(path: string, columns?: string): Promise<object> {
  const spent = stopwatch();
  let rows = 0;
  for await (const { batch } of batchesOf(sourceOf(path, columns?.split(',')))) rows += batch.numRows;
  return { rows, ...spent() };
}

/** Wall time, and CPU time of all threads, from now on. */
function stopwatch(): () => { readonly seconds: number; readonly cpu: number } {
  const started = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
  };
}

/** The time of the sink alone: its input is in memory before, so that nothing of the sink's work can hide behind reading. */
async function write(path: string, folder: string, codec: string): Promise<object> {
  rmSync(folder, { recursive: true, force: true });
  const { streamBatch } = await import('millrace');
  const inputs: StreamBatch<never>[] = [];
  for await (const { batch } of batchesOf(sourceOf(path))) inputs.push(streamBatch(batch as Batch) as never);
  const sink = archive(folder, { compression: codec as ArchiveOptions['compression'] & string, roll: { rows: 1e9, bytes: 1e12 } }).create();
  await sink.open('bench');
  await sink.recover(undefined);
  const spent = stopwatch();
  for (const input of inputs) await sink.write(input);
  await sink.prepare(1);
  await sink.commit(1);
  await sink.close();
  return { rows: inputs.reduce((sum, { batch }) => sum + batch.numRows, 0), ...spent() };
}

/** Pacing error: by how many ms rows come after they are due, in wall time. */
async function pace(path: string, speed: string): Promise<object> {
  const factor = Number.parseFloat(speed);
  const errors: number[] = [];
  let first: { wall: number; event: number } | undefined;
  for await (const { batch } of batchesOf(
    replaying(parquet(path, { columns: ['at'], eventTime: 'at' as never }), { speed: `${factor}x` }) as SourceDefinition<never>,
  )) {
    const now = performance.now();
    const times = batch.data.children[0]?.values as BigInt64Array;
    let newest = 0;
    for (let row = 0; row < batch.numRows; row++) {
      newest = Math.max(newest, Number(times[row]));
      first ??= { wall: now, event: newest };
      // The first second compiles.
      if (now - first.wall > 1_000) errors.push(Math.abs(now - first.wall - (newest - first.event) / factor));
    }
    if (now - (first?.wall ?? now) > 6_000) break;
  }
  errors.sort((left, right) => left - right);
  return { rows: errors.length, seconds: 5, p99: errors[Math.floor(errors.length * 0.99)] };
}

/** A replay as `millrace replay` runs it, exactly once: into a topic of the embedded log in a folder, or of Kafka at `kafka:BROKERS`, rows as JSON records. */
async function feed(path: string, place: string): Promise<object> {
  const { definePipeline, start } = await import('millrace');
  const brokers = place.startsWith('kafka:') ? place.slice('kafka:'.length) : undefined;
  if (brokers === undefined) rmSync(place, { recursive: true, force: true });
  const source = parquet(path, { eventTime: 'at' as never });
  const pipeline = definePipeline({
    name: REPLAY,
    sources: { rows: replaying(source) },
    sinks: { topic: topic(`${REPLAY}.rows`, { schema: source.schema, partitions: 1 }) },
    flow: ({ rows }) => ({ topic: rows }),
  });
  const started = performance.now();
  const { rowsIn } = await start(pipeline, { ...(brokers === undefined ? { state: place } : { brokers }), fresh: true }).done;
  const seconds = (performance.now() - started) / 1000;
  if (brokers !== undefined) {
    const home = openKafka({ brokers });
    for (const name of await home.topics.names()) if (name.startsWith(`${REPLAY}.`)) await home.topics.remove(name);
    await home.close();
  }
  return { rows: rowsIn, seconds };
}

// As `millrace` does for itself.
collectSeldom();
const [command, ...parameters] = process.argv.slice(2);
const commands = { read, write, feed, pace } as Record<string, (...parameters: string[]) => Promise<object>>;
const measured = await commands[command as string]?.(...parameters);
console.log(JSON.stringify({ ...measured, rss: process.resourceUsage().maxRSS / 1024 }));
setTimeout(() => process.exit(0), 50);

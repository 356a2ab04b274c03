import { schema, timestamp } from '../../columnar/index.ts';
import { type Home, json, RecordWriter, topic } from '../../connectors/index.ts';
import { type RunOptions, start } from '../../pipeline/index.ts';
import { live, liveTopic } from './learn-pipelines.ts';
import { START } from './records.ts';

const PAUSE = 4;
const encoder = new TextEncoder();
const issued = topic('bench-live-mlp', { schema: schema({ issuedAt: timestamp() }, { eventTime: 'issuedAt' }), format: json() });

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

function recordsFrom(from: number, to: number) {
  const writer = new RecordWriter();
  for (let row = from; row < to; row++) {
    const value = { ts: START + row, sensor: `s${row % 500}`, temp: 20 + (row % 97) / 10, pressure: 1000, humidity: 50, ok: true };
    writer.value(encoder.encode(JSON.stringify(value)));
    writer.endRecord({ key: null, timestamp: START + row });
  }
  return writer.finish();
}

/** Milliseconds from the moment at which a row is handed to the broker or log to that at which its committed prediction has been read, at `rate` rows a second. */
export async function measureLatency(home: Home, options: RunOptions, rate: number, rows: number): Promise<Latency> {
  await home.topics.remove(liveTopic.name);
  await home.topics.ensure(liveTopic.name, { partitions: 1 });
  const run = start(live, { ...options, fresh: true });
  const warmUp = rate;
  const sent = new Float64Array(rows + warmUp);
  const latencies: number[] = [];
  await home.topics.append(liveTopic.name, 0, recordsFrom(0, 1));
  while (run.progress().rowsIn < 1) await Promise.race([run.done, new Promise((resolve) => setTimeout(resolve, 20))]);
  const reading = readPredictions(home, sent, latencies, rows + warmUp);
  const begun = performance.now();
  for (let next = 1; next < sent.length; ) {
    const due = Math.min(sent.length, 1 + Math.floor(((performance.now() - begun) * rate) / 1000));
    if (due > next) {
      sent.fill(performance.now(), next, due);
      await home.topics.append(liveTopic.name, 0, recordsFrom(next, due));
      next = due;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  await reading;
  await run.stop();
  const sorted = latencies.slice(warmUp).sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] as number;
  return { p50: at(0.5), p99: at(0.99) };
}

async function readPredictions(home: Home, sent: Float64Array, latencies: number[], until: number): Promise<void> {
  const source = home.source(issued, 'bench-latency');
  await source.open(0, undefined);
  for (let last = 0; last < until - 1; ) {
    const batch = await source.next({ rows: 4096, bytes: 1_000_000 });
    if (typeof batch === 'string') continue;
    const now = performance.now();
    const times = batch.batch.getChild('issuedAt');
    for (let row = 0; row < batch.batch.numRows; row++) {
      const index = Number(times?.get(row)) - START;
      if (index > last) {
        latencies.push(now - (sent[index] as number));
        last = index;
      }
    }
  }
  await source.close();
}

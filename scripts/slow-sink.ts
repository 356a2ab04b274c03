/**
 * A source that could go fast before a sink that cannot: does memory stay flat, and does the source wait?
 *
 *   node --conditions=millrace-source scripts/slow-sink.ts [--rows 10000000] [--rest 20]
 *
 * `--rest`: ms that the sink needs per batch of 4,096 rows. Prints one JSON object: slope of the resident memory over the second half in MB per minute, its largest value, and
 * the most rows that ever lay between source and sink.
 */
import { parseArgs } from 'node:util';
import { memoryStore } from '../connectors/index.ts';
import { start } from '../pipeline/index.ts';
import { generatedReadings } from '../test/pipeline/crash/generated-readings.ts';
import { type Backlog, slowPipeline } from '../test/pipeline/crash/slow-sink.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' }, rest: { type: 'string', default: '20' } } });
const SAMPLE = 250;

interface Sample {
  readonly minutes: number;
  readonly megabytes: number;
}

/** Least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (read: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + read(sample), 0) / samples.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ megabytes }) => megabytes)];
  const covariance = samples.reduce((sum, { minutes, megabytes }) => sum + (minutes - x) * (megabytes - y), 0);
  const variance = samples.reduce((sum, { minutes }) => sum + (minutes - x) * (minutes - x), 0);
  return covariance / variance;
}

const backlog: Backlog = { read: 0, written: 0, most: 0 };
const samples: Sample[] = [];
const started = performance.now();
const timer = setInterval(() => {
  samples.push({ minutes: (performance.now() - started) / 60_000, megabytes: process.memoryUsage.rss() / 1024 / 1024 });
}, SAMPLE);
const rest = () => new Promise((resolve) => setTimeout(resolve, Number(values.rest)));
const summary = await start(slowPipeline(generatedReadings(Number(values.rows)), backlog, rest), { home: memoryStore().open() }).done;
clearInterval(timer);

const half = samples.slice(Math.floor(samples.length / 2));
console.log(
  JSON.stringify({
    rows: summary.rowsIn,
    seconds: Math.round((performance.now() - started) / 1000),
    megabytesPerMinute: Number(slope(half).toFixed(3)),
    mostMegabytes: Math.round(Math.max(...samples.map(({ megabytes }) => megabytes))),
    mostRowsBetween: backlog.most,
  }),
);

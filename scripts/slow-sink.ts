/**
 * A source that could go fast before a sink that cannot: does memory stay flat, and does the source wait?
 *
 *   node --conditions=millrace-source scripts/slow-sink.ts [--rows 10000000] [--rest 20]
 *
 * `--rest`: ms that the sink needs per batch of 4,096 rows. Prints one JSON object: slope of the resident memory over the second half and over each quarter in MB per minute, its
 * largest value, and the most rows that ever lay between source and sink.
 */
import { parseArgs } from 'node:util';
import { memoryStore } from '../connectors/index.ts';
import { start } from '../pipeline/index.ts';
import { generatedReadings } from '../test/pipeline/crash/generated-readings.ts';
import { type Backlog, slowPipeline } from '../test/pipeline/crash/slow-sink.ts';
import { MemorySamples } from './memory/slope.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '10000000' }, rest: { type: 'string', default: '20' } } });

const backlog: Backlog = { read: 0, written: 0, most: 0 };
const samples = new MemorySamples();
const rest = () => new Promise((resolve) => setTimeout(resolve, Number(values.rest)));
const summary = await start(slowPipeline(generatedReadings(Number(values.rows)), backlog, rest), { home: memoryStore().open() }).done;
const { lastHalf } = samples;
console.log(
  JSON.stringify({ rows: summary.rowsIn, lastHalfMegabytesPerMinute: lastHalf, ...samples.stop(), mostRowsBetween: backlog.most }),
);

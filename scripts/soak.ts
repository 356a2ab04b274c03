/**
 * A long run at a steady pace on the embedded log: does memory stay flat, and does the pipeline keep pace?
 *
 *   node --conditions=millrace-source scripts/soak.ts [--minutes 60] [--rate 10000] [--disk 200000000]
 *
 * Readings are fed into a topic at `--rate` rows per second, summed up by sensor and published to another, epochs of a second, within a disk budget of `--disk` bytes: the log gives up
 * what all have read. Prints a line each minute and one JSON object at the end: slope of the resident memory over the last half and over each quarter, in MB per minute.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLog, topic } from '../connectors/index.ts';
import { replay, start } from '../pipeline/index.ts';
import { generatedReadings } from '../test/pipeline/crash/generated-readings.ts';
import { event, totalsPipeline } from '../test/pipeline/example-pipelines.ts';
import { MemorySamples } from './memory/slope.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '10000' },
    disk: { type: 'string', default: '200000000' },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
const folder = mkdtempSync(join(tmpdir(), 'millrace-soak-'));
const home = openLog(folder, { maxBytes: Number(values.disk) });
// Nobody reads the totals: their time has passed as soon as they are written (the event times are of 1970), so the log gives them up too.
await home.topics.ensure('totals', { partitions: 1, retentionMs: 60_000 });
// Readings are a second apart, so a replay `rate` times as fast brings `rate` of them per second.
const feed = replay(generatedReadings(minutes * 60 * rate), { to: topic('events', { schema: event }), speed: `${rate}x` });
const run = start({ ...totalsPipeline(), feeds: { feed } }, { home });
const samples = new MemorySamples();
const minute = setInterval(() => {
  const { rowsIn, lag } = run.progress();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  const megabytes = [process.memoryUsage.rss(), heapUsed, external, arrayBuffers].map((bytes) => Math.round(bytes / 1024 / 1024));
  console.log(
    JSON.stringify({
      rowsIn,
      lag,
      megabytes: { rss: megabytes[0], heap: megabytes[1], external: megabytes[2], arrayBuffers: megabytes[3] },
    }),
  );
}, 60_000);
try {
  const { rowsIn, ended } = await run.done;
  const { lastHalf } = samples;
  console.log(JSON.stringify({ rows: rowsIn, ended, rate, lastHalfMegabytesPerMinute: lastHalf, ...samples.stop() }));
} finally {
  clearInterval(minute);
  samples.stop();
  await home.close();
  rmSync(folder, { recursive: true, force: true });
}

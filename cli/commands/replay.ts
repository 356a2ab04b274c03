import { basename } from 'node:path';
import { DataType, type TypeMap } from 'apache-arrow';
import { z } from 'zod';
import {
  type ParquetOptions,
  parquet,
  progressLine,
  type ReplayOptions,
  ReplayProgress,
  replaying,
  topic,
} from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';
import { namesIn } from '../names-in.ts';
import { showRun } from '../progress.ts';
import { watched } from '../watched-source.ts';

/** `millrace replay FILE.parquet --to TOPIC` */
export const replayFile = command({
  name: 'replay',
  summary: 'publishes the rows of a Parquet file (a folder, a glob) to a topic as JSON records, at the pace of their event time',
  positionals: ['FILE'],
  options: z.object({
    ...homeOptions,
    to: z.string().describe('topic'),
    eventTime: z.string().optional().describe('timestamp column that paces the replay; default: the first one'),
    columns: z.string().optional().describe('names of the columns to publish, separated by commas; default: all'),
    key: z.string().optional().describe('string column that becomes the key of the records'),
    speed: z.string().default('max').describe('max, realtime, or a factor such as 100x'),
    since: z.string().optional().describe('only rows of this event time or later, ISO 8601'),
    until: z.string().optional().describe('only rows of an event time before this'),
    loop: z
      .string()
      .regex(/^(forever|[1-9]\d*)$/, 'expected a number of passes, or forever')
      .default('1')
      .describe('times that the rows are published, event times going on: a number, or forever'),
    jitter: z.string().default('0s').describe('each row arrives up to this much later than its event time'),
    duplicate: z.coerce.number().min(0).max(1).default(0).describe('probability that a row arrives twice'),
    shuffleWithin: z.string().default('0s').describe('rows of each such span of event time arrive in random order'),
    seed: z.coerce.number().int().default(1).describe('of the random numbers'),
    partitions: z.coerce.number().int().min(1).default(1).describe('partitions when the topic has to be created'),
    fresh: z.boolean().default(false).describe('begin anew instead of going on where an earlier replay stopped'),
  }),
  example: 'millrace replay readings.parquet --to readings --speed 60x',
  async run({ positionals: [file], options }) {
    const { since, until } = options;
    const span = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
    const source = parquet(file as string, { ...columnsOf(options.columns), ...roles(file as string, options), ...span });
    const { schema } = source;
    const { speed, loop, jitter, duplicate, shuffleWithin, seed } = options;
    const passes = loop === 'forever' ? true : Number(loop);
    const disturbed = { speed, loop: passes, jitter, duplicate, shuffleWithin, seed } as ReplayOptions;
    const progress = new ReplayProgress(performance.now());
    const rows = watched(replaying(source, disturbed), (batch) => progress.add(batch as never));
    const pipeline = definePipeline({
      name: `replay.${basename(file as string).replaceAll(/[^A-Za-z0-9._-]/g, '_')}.${options.to}`,
      sources: { rows },
      sinks: { topic: topic(options.to, { schema, partitions: options.partitions }) },
      flow: ({ rows: published }) => ({ topic: published }),
    });
    const running = start(pipeline, { ...homeOf(options), fresh: options.fresh });
    let stopped = false;
    process.once('SIGINT', () => {
      stopped = true;
      running.stop().catch(() => {});
    });
    const summary = await showRun(`replay to ${options.to}`, running, (columns) => [
      progressLine(progress.state(performance.now()), Math.max(0, columns - 1)),
    ]);
    const count = summary.rowsIn.toLocaleString('en-US');
    if (summary.alreadyEnded) console.log(`${file} had been replayed: ${count} rows; --fresh begins anew`);
    else console.log(`${count} rows published to ${options.to}${stopped ? '; stopped: the same command goes on from here' : ''}`);
    return 0;
  },
});

const columnsOf = (names: string | undefined): { columns?: readonly string[] } => (names === undefined ? {} : { columns: namesIn(names) });

/** Roles of the file's columns: event time is the first timestamp column unless it is named. */
function roles(
  file: string,
  options: { readonly eventTime?: string | undefined; readonly key?: string | undefined; readonly columns?: string | undefined },
): Pick<ParquetOptions<TypeMap>, 'eventTime' | 'key'> {
  const eventTime =
    options.eventTime ?? parquet(file, columnsOf(options.columns)).schema.fields.find(({ type }) => DataType.isTimestamp(type))?.name;
  return {
    ...(eventTime === undefined ? {} : { eventTime: eventTime as never }),
    ...(options.key === undefined ? {} : { key: options.key as never }),
  };
}

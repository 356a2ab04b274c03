import { basename } from 'node:path';
import { DataType, type TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type ParquetOptions, parquet, type ReplayOptions, replaying, topic } from '../../connectors/index.ts';
import { definePipeline, start } from '../../pipeline/index.ts';
import { command } from '../command.ts';
import { homeOf, homeOptions } from '../home-options.ts';
import { showRun } from '../progress.ts';

/** `millrace replay FILE.parquet --to TOPIC` */
export const replayFile = command({
  name: 'replay',
  summary: 'publishes the rows of a Parquet file to a topic as JSON records, at the pace of their event time',
  positionals: ['FILE'],
  options: z.object({
    ...homeOptions,
    to: z.string().describe('topic'),
    eventTime: z.string().optional().describe('timestamp column that paces the replay; default: the first one'),
    key: z.string().optional().describe('string column that becomes the key of the records'),
    speed: z.string().default('max').describe('max, realtime, or a factor such as 100x'),
    since: z.string().optional().describe('only rows of this event time or later, ISO 8601'),
    until: z.string().optional().describe('only rows of an event time before this'),
    loop: z.coerce.number().int().min(1).default(1).describe('times that the rows are published, event times going on'),
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
    const source = parquet(file as string, { ...roles(file as string, options), ...span });
    const { schema } = source;
    const { speed, loop, jitter, duplicate, shuffleWithin, seed } = options;
    const disturbed = { speed, loop, jitter, duplicate, shuffleWithin, seed } as ReplayOptions;
    const pipeline = definePipeline({
      name: `replay.${basename(file as string).replaceAll(/[^A-Za-z0-9._-]/g, '_')}.${options.to}`,
      sources: { rows: replaying(source, disturbed) },
      sinks: { topic: topic(options.to, { schema, partitions: options.partitions }) },
      flow: ({ rows }) => ({ topic: rows }),
    });
    const running = start(pipeline, { ...homeOf(options), fresh: options.fresh });
    process.once('SIGINT', () => running.stop().catch(() => {}));
    const summary = await showRun(`replay to ${options.to}`, running);
    const rows = summary.rowsIn.toLocaleString('en-US');
    console.log(
      summary.alreadyEnded ? `${file} had been replayed: ${rows} rows; --fresh begins anew` : `${rows} rows published to ${options.to}`,
    );
    return 0;
  },
});

/** Roles of the file's columns: event time is the first timestamp column unless it is named. */
function roles(
  file: string,
  options: { readonly eventTime?: string | undefined; readonly key?: string | undefined },
): Pick<ParquetOptions<TypeMap>, 'eventTime' | 'key'> {
  const eventTime = options.eventTime ?? parquet(file).schema.fields.find(({ type }) => DataType.isTimestamp(type))?.name;
  return {
    ...(eventTime === undefined ? {} : { eventTime: eventTime as never }),
    ...(options.key === undefined ? {} : { key: options.key as never }),
  };
}

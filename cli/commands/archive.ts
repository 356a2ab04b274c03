import { z } from 'zod';
import { archive, inferSchema, schemaOfInferred, topic } from '../../connectors/index.ts';
import { definePipeline, openHome, start } from '../../pipeline/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { type HomeChoice, homeOf, homeOptions } from '../home-options.ts';
import { showRun } from '../progress.ts';
import { widened } from '../widened-schema.ts';

const SAMPLE_BYTES = 4 * 1024 * 1024;

/** `millrace archive TOPIC --to FOLDER` */
export const archiveTopic = command({
  name: 'archive',
  summary: 'writes the JSON records of a topic to Parquet files, exactly once, and goes on where it stopped',
  positionals: ['TOPIC'],
  options: z.object({
    ...homeOptions,
    to: z.string().describe('folder'),
    partitionByTime: z.enum(['year', 'month', 'day', 'hour']).optional().describe('Hive folders by event time, UTC'),
    compression: z.enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']).default('zstd').describe('codec of the files'),
    rows: z.coerce.number().int().min(1).default(1_000_000).describe('rows per file at most'),
    follow: z.boolean().default(false).describe('go on as records arrive').meta({ short: 'f' }),
  }),
  example: 'millrace archive readings --to archive/readings --partition-by-time day',
  async run({ positionals: [name], options }) {
    const schema = await schemaOf(name as string, options);
    const { partitionByTime, compression, rows } = options;
    const time = partitionByTime === undefined ? {} : { partitionByTime };
    const pipeline = definePipeline({
      name: `archive.${name}`,
      sources: { records: topic(name as string, { schema }) },
      sinks: { files: archive(options.to, { ...time, schema, compression, roll: { rows } }) },
      flow: ({ records }) => ({ files: records }),
    });
    const running = start(pipeline, { ...homeOf(options), drain: !options.follow, resumable: true });
    process.once('SIGINT', () => running.stop().catch(() => {}));
    const summary = await showRun(`archive of ${name}`, running);
    console.log(
      `${summary.rowsIn.toLocaleString('en-US')} records archived in ${options.to}, ${summary.rowsRejected.toLocaleString('en-US')} rejected`,
    );
    return 0;
  },
});

/** The schema that the topic's first records fit; numbers may be fractions and every column null, since later records may differ. */
async function schemaOf(name: string, options: HomeChoice) {
  const home = openHome({ ...homeOf(options), readOnly: true });
  try {
    const info = (await home.topics.list(name)).find(({ start, end }) => end > start);
    if (info === undefined) throw new MillraceError('UNKNOWN_TOPIC', `topic '${name}' holds no records to archive`);
    const inferred = inferSchema(await home.topics.read(name, info.partition, info.start, SAMPLE_BYTES));
    if (inferred.format !== 'json')
      throw new MillraceError('DECODE_FAILED', `the records of topic '${name}' look like ${inferred.format}, not JSON`);
    return schemaOfInferred(widened(inferred));
  } finally {
    await home.close();
  }
}

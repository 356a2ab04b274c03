import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { type ArchiveOptions, archive, type InferredSchema, inferSchema, schemaOfInferred, topic } from '../../connectors/index.ts';
import { definePipeline, openHome, start } from '../../pipeline/index.ts';
import { type Duration, MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { type HomeChoice, homeOf, homeOptions } from '../home-options.ts';
import { namesIn } from '../names-in.ts';
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
    eventTime: z.string().optional().describe('timestamp column; default: the first one that every record has'),
    partitionBy: z.string().optional().describe('Hive folders by the values of these columns, separated by commas'),
    partitionByTime: z.enum(['year', 'month', 'day', 'hour']).optional().describe('Hive folders by event time, UTC'),
    compression: z.enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']).default('zstd').describe('codec of the files'),
    dictionary: z.string().default('auto').describe('columns to dictionary-encode: auto, strings, all, none, or names separated by commas'),
    rows: z.coerce.number().int().min(1).default(1_000_000).describe('rows per file at most'),
    bytes: z.coerce
      .number()
      .int()
      .min(1)
      .optional()
      .describe('a file is finished with the row group that reaches this size (default 256 MB)'),
    interval: z.string().optional().describe('files of spans of event time, such as 1h'),
    rowGroupRows: z.coerce.number().int().min(1).default(100_000).describe('rows per row group at most'),
    fresh: z.boolean().default(false).describe('begin with the first record again; files that are in the folder stay'),
    follow: z.boolean().default(false).describe('go on as records arrive').meta({ short: 'f' }),
  }),
  example: 'millrace archive readings --to archive/readings --partition-by-time day',
  async run({ positionals: [name], options }) {
    const schema = await schemaOf(name as string, options);
    const pipeline = definePipeline({
      name: archiveName(name as string, options.to),
      sources: { records: topic(name as string, { schema }) },
      sinks: { files: archive(options.to, { schema, ...settingsOf(options) }) },
      flow: ({ records }) => ({ files: records }),
    });
    const running = start(pipeline, { ...homeOf(options), drain: !options.follow, resumable: true, fresh: options.fresh });
    process.once('SIGINT', () => running.stop().catch(() => {}));
    const summary = await showRun(`archive of ${name}`, running);
    console.log(
      `${summary.rowsIn.toLocaleString('en-US')} records archived in ${options.to}, ${summary.rowsRejected.toLocaleString('en-US')} rejected`,
    );
    return 0;
  },
});

/** Positions are kept by name, and each folder has its own. */
function archiveName(topic: string, folder: string): string {
  const path = resolve(folder);
  const place = createHash('sha256').update(path).digest('hex').slice(0, 8);
  return `archive.${topic}.${basename(path).replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${place}`;
}

interface FileChoice {
  readonly compression: ArchiveOptions['compression'];
  readonly dictionary: string;
  readonly rows: number;
  readonly rowGroupRows: number;
  readonly bytes?: number | undefined;
  readonly interval?: string | undefined;
  readonly partitionBy?: string | undefined;
  readonly partitionByTime?: ArchiveOptions['partitionByTime'];
}

/** What the options say to the sink. */
function settingsOf({
  compression,
  dictionary,
  rows,
  rowGroupRows,
  bytes,
  interval,
  partitionBy,
  partitionByTime,
}: FileChoice): ArchiveOptions {
  const isMode = /^(auto|strings|all|none)$/.test(dictionary);
  return {
    compression,
    dictionary: isMode ? (dictionary as 'auto') : namesIn(dictionary),
    roll: { rows, ...(bytes !== undefined && { bytes }), ...(interval !== undefined && { interval: interval as Duration }) },
    rowGroupRows,
    ...(partitionBy !== undefined && { partitionBy: namesIn(partitionBy) }),
    ...(partitionByTime !== undefined && { partitionByTime }),
  };
}

/** The schema that the topic's first records fit; numbers may be fractions and every column null, since later records may differ. */
async function schemaOf(name: string, options: HomeChoice & { readonly eventTime?: string | undefined }) {
  const home = openHome({ ...homeOf(options), readOnly: true });
  try {
    const info = (await home.topics.list(name)).find(({ start, end }) => end > start);
    if (info === undefined) throw new MillraceError('UNKNOWN_TOPIC', `topic '${name}' holds no records to archive`);
    const inferred = inferSchema(await home.topics.read(name, info.partition, info.start, SAMPLE_BYTES));
    if (inferred.format !== 'json')
      throw new MillraceError('DECODE_FAILED', `the records of topic '${name}' look like ${inferred.format}, not JSON`);
    return schemaOfInferred(withEventTime(widened(inferred), options.eventTime));
  } finally {
    await home.close();
  }
}

/** Instants may be whole numbers of milliseconds, which look like any other number. */
function withEventTime(inferred: InferredSchema, name: string | undefined): InferredSchema {
  if (name === undefined) return inferred;
  if (!inferred.columns.some((column) => column.name === name))
    throw new MillraceError('INVALID_OPTION', `the records have no column '${name}'`, {
      hint: `columns: ${inferred.columns.map((column) => column.name).join(', ')}`,
    });
  const columns = inferred.columns.map((column) =>
    column.name === name ? { ...column, type: 'timestamp' as const, nullable: false } : column,
  );
  return { ...inferred, columns, eventTime: name };
}

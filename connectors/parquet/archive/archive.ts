import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../../columnar/index.ts';
import { type Duration, duration, parseOptions } from '../../../streams/index.ts';
import type { SinkDefinition } from '../../contract/index.ts';
import { ArchiveSink } from './archive-sink.ts';
import { checkPartitioning } from './partition-keys.ts';

/** Options of {@link archive}. */
export interface ArchiveOptions<T extends TypeMap = TypeMap> {
  /** The columns to archive; those of the first batch by default. */
  readonly schema?: BatchSchema<T>;
  /** Hive folders by these columns' values: `station=Wanliu`. The columns are left out of the files. */
  readonly partitionBy?: readonly (keyof T & string)[];
  /** Hive folders by event time, UTC: `year=2024`, `year=2024/month=03`, `date=2024-03-01`, `date=2024-03-01/hour=05`. */
  readonly partitionByTime?: 'year' | 'month' | 'day' | 'hour';
  /** A file is finished at this many rows or bytes, or when the watermark passes the end of its interval of event time. */
  readonly roll?: { readonly rows?: number; readonly bytes?: number; readonly interval?: Duration };
  readonly rowGroupRows?: number;
  /** A row group ends with the row that reaches so many bytes of values, before they are encoded: it is held in memory. */
  readonly rowGroupBytes?: number;
  readonly compression?: 'zstd' | 'snappy' | 'lz4' | 'gzip' | 'brotli' | 'uncompressed';
  /** Columns to dictionary-encode: strings and numbers of which few are distinct (default), strings, all, none, or these. */
  readonly dictionary?: 'auto' | 'strings' | 'all' | 'none' | readonly (keyof T & string)[];
  /** Write minimum, maximum and null count per row group: readers skip row groups by them. */
  readonly statistics?: boolean;
  /** Begins the names of the files. */
  readonly prefix?: string;
  /** More keys than this at a time are an error: each holds up to one row group in memory. */
  readonly maxOpenFiles?: number;
  /** Where large row groups are encoded: in a thread of the sink's own (default), or in the caller's. */
  readonly encodeIn?: 'worker' | 'caller';
}

const positive = () => z.int().positive();

/** Options of the archive sink, for validation, documentation and --help. */
export const archiveOptions = z.strictObject({
  schema: z.custom<BatchSchema>().optional().describe('the columns to archive; those of the first batch by default'),
  partitionBy: z.array(z.string()).default([]).describe("Hive folders by these columns' values"),
  partitionByTime: z.enum(['year', 'month', 'day', 'hour']).optional().describe('Hive folders by event time, UTC'),
  roll: z
    .strictObject({
      rows: positive().default(1_000_000).describe('rows per file at most'),
      bytes: positive()
        .default(256 * 1024 * 1024)
        .describe('a file is finished with the row group that reaches this size'),
      interval: duration().optional().describe('files of spans of event time'),
    })
    .prefault({}),
  rowGroupRows: positive().default(100_000).describe('rows per row group at most'),
  rowGroupBytes: positive()
    .default(64 * 1024 * 1024)
    .describe('a row group ends with the row that reaches so many bytes of values, before they are encoded'),
  compression: z.enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']).default('zstd'),
  dictionary: z
    .union([z.enum(['auto', 'strings', 'all', 'none']), z.array(z.string())])
    .default('auto')
    .describe('columns to dictionary-encode: auto are strings, and numbers of which few are distinct'),
  statistics: z.boolean().default(true).describe('write minimum, maximum and null count per row group'),
  prefix: z
    .string()
    .regex(/^[\w.-]*$/, 'expected letters, digits, dots, dashes and underscores')
    .default(''),
  maxOpenFiles: positive().default(64).describe('files under way at a time, at most'),
  encodeIn: z
    .enum(['worker', 'caller'])
    .default('worker')
    .describe("where large row groups are encoded: in a thread of the sink's own, or in the caller's"),
});

/**
 * Archives a stream as Parquet files in `folder`: rolling, Hive-partitioned if wanted, each whole or not there at all, and each row exactly once with
 * its epoch. Files under way live in `folder/_millrace` (readers pass over it) and are published when they are full, when event time has passed
 * them, or when the sink is closed with everything committed. Metadata `millrace.origin` tells task, ordinals and offsets. Memory: up to one row
 * group per file under way, and two that are being encoded.
 *
 * @throws MillraceError INVALID_OPTION; SINK_FAILED when the folder cannot be written or too many files are under way.
 * @example
 * sinks: { archive: archive('archive/readings', { partitionByTime: 'day', compression: 'zstd' }) }
 */
export function archive<T extends TypeMap = TypeMap>(folder: string, options: ArchiveOptions<T> = {}): SinkDefinition<T> {
  const {
    partitionBy,
    partitionByTime,
    roll,
    rowGroupRows,
    rowGroupBytes,
    compression,
    dictionary,
    statistics,
    prefix,
    maxOpenFiles,
    encodeIn,
  } = parseOptions('archive', archiveOptions, options);
  const { schema } = options;
  if (schema !== undefined) checkPartitioning(schema, { columns: partitionBy, time: partitionByTime, interval: roll.interval });
  return {
    kind: 'sink',
    name: folder,
    ...(schema === undefined ? {} : { schema }),
    create: () =>
      new ArchiveSink<T>({
        root: folder,
        prefix,
        partitioning: { columns: partitionBy, time: partitionByTime, interval: roll.interval },
        encoding: { compression, dictionary, statistics },
        encodeIn,
        rowGroupRows,
        rowGroupBytes,
        rollRows: roll.rows,
        rollBytes: roll.bytes,
        maxOpenFiles,
      }),
  };
}

import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../../columnar/index.ts';
import { type Duration, duration, MillraceError, parseOptions } from '../../streams/index.ts';
import type { Decoder, Format, SourceDefinition } from '../contract/index.ts';
import { csv } from '../formats/index.ts';
import { isPacked } from './file-bytes.ts';
import { FileReader } from './file-reader.ts';

/** Options of {@link fileSource}. */
export interface FileSourceOptions<T extends TypeMap> {
  readonly schema: BatchSchema<T>;
  /** A format of one record per line: `json()` (NDJSON), a log format, `text()`; for CSV see {@link csvSource}. */
  readonly format: Format;
  /** Go on when the end is reached: wait for more, and for the file that takes its place when it is rotated. */
  readonly follow?: boolean;
  /** Of a folder, read only files whose names match. */
  readonly pattern?: RegExp;
  /** Event times may arrive this much out of order; 0 unless given. */
  readonly allowedLateness?: Duration;
}

/** Options of {@link csvSource}. */
export interface CsvSourceOptions<T extends TypeMap> extends Omit<FileSourceOptions<T>, 'format'> {
  /** Whether the first row of each file names its fields (true unless said otherwise); else fields are in the order of the schema. */
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly nulls?: readonly string[];
}

const settings = z.object({ path: z.string().min(1), follow: z.boolean().default(false), allowedLateness: duration().default(0) });

/**
 * Reads a text file, or all files of a folder by name, one record per line. Positions are byte offsets by inode, so that a restart goes on where it was, also when the
 * file was rotated meanwhile (renamed, or copied and cut to nothing). Empty lines are left out. A last line without line end is read when the file is not followed.
 * Files whose names end with `.gz` are unpacked while they are read: positions count unpacked bytes, and a restart unpacks from the beginning up to there. They cannot be followed.
 * A file that was cut and has grown past the old length before anybody looked cannot be told from one that grew: rotate by renaming where that matters. Record timestamps are the time at which the file was made.
 *
 * @throws MillraceError INVALID_OPTION; FILE_UNREADABLE from `open` and `next`
 * @example
 * const requests = fileSource('/var/log/nginx/access.log', { schema: combinedLogSchema, format: combinedLog(), follow: true });
 */
export function fileSource<T extends TypeMap>(path: string, options: FileSourceOptions<T>): SourceDefinition<T> {
  // Tried at once: a schema that the format cannot hold is an error of the definition.
  options.format.decoder(options.schema);
  return definition(path, options, () => options.format.decoder(options.schema), { quote: undefined, header: false });
}

/**
 * Reads CSV files as {@link fileSource} reads lines; quoted fields may hold line ends.
 *
 * @throws MillraceError as {@link fileSource}; INVALID_OPTION from `next` when a header lacks a column of the schema
 * @example
 * const readings = csvSource('readings/', { schema: schema({ at: timestamp(), celsius: float64() }, { eventTime: 'at' }) });
 */
export function csvSource<T extends TypeMap>(path: string, options: CsvSourceOptions<T>): SourceDefinition<T> {
  const { delimiter, quote = '"', header = true, nulls } = options;
  const formatOf = (fields: string[] | undefined) =>
    csv({ fields, delimiter, quote, ...(nulls === undefined ? {} : { nulls: [...nulls] }) });
  formatOf(undefined).decoder(options.schema);
  return definition(path, options, (fields) => formatOf(fields).decoder(options.schema), {
    quote: quote.charCodeAt(0),
    header,
    delimiter,
  });
}

/** How records are told apart, and whether the first of a file is a header. */
export interface FileLayout {
  readonly quote: number | undefined;
  readonly header: boolean;
  readonly delimiter?: string;
}

function definition<T extends TypeMap>(
  path: string,
  options: Pick<FileSourceOptions<T>, 'schema' | 'follow' | 'pattern' | 'allowedLateness'>,
  decoderOf: (fields: string[] | undefined) => Decoder<T>,
  layout: FileLayout,
): SourceDefinition<T> {
  const parsed = parseOptions('fileSource', settings, { path, follow: options.follow, allowedLateness: options.allowedLateness });
  const { schema, pattern } = options;
  if (parsed.follow && isPacked(path)) {
    throw new MillraceError('INVALID_OPTION', `${path} is packed, and cannot be followed`, { hint: 'leave follow out' });
  }
  return {
    kind: 'source',
    name: path,
    schema,
    allowedLateness: parsed.allowedLateness,
    partitions: async () => 1,
    create: () => new FileReader({ path, schema, pattern, follow: parsed.follow, decoderOf, layout }),
  };
}

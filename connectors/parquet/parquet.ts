import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema, InstantColumn, StringColumn } from '../../columnar/index.ts';
import { type Duration, duration, parseOptions } from '../../streams/index.ts';
import type { SourceDefinition } from '../contract/index.ts';
import { archivedEnd } from './archive/archived-end.ts';
import { archivedPart } from './archive/archived-part.ts';
import type { InputFile } from './read/column-plan.ts';
import { findFiles } from './read/find-files.ts';
import { ParquetSource, refuseUnknown } from './read/parquet-source.ts';
import type { ColumnCondition, FilterValue } from './read/row-filter.ts';
import { type FooterOf, type SettledSchema, settleSchema } from './read/settle-schema.ts';

/** Options of {@link parquet}. */
export interface ParquetOptions<T extends TypeMap> {
  /** The columns to read, and their types; without it, the first file's. */
  readonly schema?: BatchSchema<T>;
  /** Names of the columns to read, in this order, where no schema says so. */
  readonly columns?: readonly string[];
  /** Event-time column; the schema's by default. */
  readonly eventTime?: InstantColumn<T>;
  /** Key column; the schema's by default. */
  readonly key?: StringColumn<T>;
  /** Only rows whose columns meet these; row groups that cannot hold one are not read. */
  readonly where?: Readonly<Record<string, ColumnCondition>>;
  /** Only rows of this event time or later: Date, ISO 8601 or ms. */
  readonly since?: FilterValue;
  /** Only rows of an event time before this. */
  readonly until?: FilterValue;
  readonly allowedLateness?: Duration;
  /** `parquetjs` reads files that parquetjs wrote, and no others. */
  readonly engine?: 'parquet-wasm' | 'parquetjs';
  /** Where to decode: in a thread of the source's own (default), or in the caller's. */
  readonly decodeIn?: 'worker' | 'caller';
}

const value = z.union([z.string(), z.number(), z.bigint(), z.boolean(), z.date()]);

/** Options of the Parquet source, for validation, documentation and --help. */
export const parquetOptions = z.strictObject({
  schema: z.custom<BatchSchema>().optional().describe('the columns to read and their types; without it, those of the first file'),
  columns: z.array(z.string()).nonempty().optional().describe('names of the columns to read, where no schema says so'),
  eventTime: z.string().optional().describe("event-time column; the schema's by default"),
  key: z.string().optional().describe("key column; the schema's by default"),
  where: z
    .record(
      z.string(),
      z.strictObject({ min: value.optional(), below: value.optional(), max: value.optional(), oneOf: z.array(value).optional() }),
    )
    .default({})
    .describe('only rows whose columns meet these conditions: min, below, max, oneOf'),
  since: value.optional().describe('only rows of this event time or later'),
  until: value.optional().describe('only rows of an event time before this'),
  allowedLateness: duration().default(0).describe('event times may be this much out of order'),
  engine: z.enum(['parquet-wasm', 'parquetjs']).default('parquet-wasm').describe('parquetjs reads only files that parquetjs wrote'),
  decodeIn: z.enum(['worker', 'caller']).default('worker').describe('decode in a thread of its own, or in the calling thread'),
});

/**
 * Parquet files as a source: one, several, a glob, or a folder (also one partitioned Hive style, whose `name=value` folders become columns).
 * Row group by row group; several files are merged by event time. Building the definition opens nothing. Without `schema`, the first file's
 * footer is read when the definition's schema is first asked for.
 *
 * Columns are brought to the schema's types where nothing is lost; timestamps of any unit become milliseconds UTC (rounded down), decimals float64.
 * A nullable column that a file lacks is null. A row with null in a required column is rejected.
 *
 * @throws MillraceError, when opened: FILE_UNREADABLE (missing, foreign, truncated, encrypted, damaged), SCHEMA_MISMATCH (file, column, expected, found).
 * @example
 * const readings = parquet('examples/air-quality/data/beijing-air.parquet', { schema: readingsSchema });
 * const march = parquet('archive/**\/*.parquet', { eventTime: 'at', since: '2024-03-01', until: '2024-04-01' });
 */
export function parquet<T extends TypeMap = TypeMap>(
  path: string | readonly string[],
  options: ParquetOptions<T> = {},
): SourceDefinition<T> {
  const parsed = parseOptions('parquet', parquetOptions, options);
  const paths = typeof path === 'string' ? [path] : path;
  const settled = once((footerOf?: FooterOf) => settleSchema({ ...parsed, files: () => findFiles(paths) }, footerOf));
  const name = paths.join(', ');
  const sourceOf = (files: () => readonly InputFile[], inOrder: boolean): SourceDefinition<T> => ({
    kind: 'source',
    name,
    get schema() {
      return settled().schema as BatchSchema<T>;
    },
    allowedLateness: parsed.allowedLateness,
    partitions: async () => 1,
    create: () => new ParquetSource<T>({ ...parsed, settled: settled as (footerOf?: FooterOf) => SettledSchema<T>, name, files, inOrder }),
  });
  const whole = sourceOf(() => findFiles(paths), false);
  // Assigned, not spread: the schema is not to be read before it is asked for.
  return Object.assign(whole, {
    archivedEnd: async (among?: readonly string[]) => archivedEnd(filesAmong(paths, among).map((file) => file.path)),
    archivedPart: async (partition: number, among?: readonly string[]) => {
      const { files, inOrder } = archivedPart(filesAmong(paths, among), partition);
      return files.length === 0 ? undefined : sourceOf(() => files, inOrder);
    },
  });
}

/** The files of an archive or, of one that may have grown since, those that it had then. */
function filesAmong(paths: readonly string[], among: readonly string[] | undefined): readonly InputFile[] {
  const files = findFiles(paths);
  if (among === undefined) return files;
  refuseUnknown(paths.join(', '), files, among);
  return files.filter(({ path }) => among.includes(path));
}

/** The parameter counts in the first call alone. */
function once<P, V>(make: (parameter?: P) => V): (parameter?: P) => V {
  let made: { value: V } | undefined;
  return (parameter) => {
    made ??= { value: make(parameter) };
    return made.value;
  };
}

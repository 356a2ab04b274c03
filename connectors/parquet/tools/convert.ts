import { createReadStream, existsSync } from 'node:fs';
import { RecordBatchReader } from 'apache-arrow';
import { z } from 'zod';
import type { Batch, BatchSchema } from '../../../columnar/index.ts';
import { MillraceError, parseOptions } from '../../../streams/index.ts';
import type { SourceDefinition } from '../../contract/index.ts';
import { unreadable } from '../format/unreadable.ts';
import { parquet } from '../parquet.ts';
import { fileKind } from './file-kind.ts';
import { textSource } from './text-source.ts';
import { writeFile } from './write-file.ts';

const kinds = z.enum(['parquet', 'csv', 'ndjson', 'arrow']).optional();

/** Options of {@link convert}, for validation, documentation and --help. */
export const convertOptions = z.strictObject({
  schema: z.custom<BatchSchema>().optional().describe('the columns; those of CSV and NDJSON are inferred by default'),
  columns: z.array(z.string()).nonempty().optional().describe('columns to take of a Parquet file'),
  header: z.boolean().optional().describe('whether the CSV file that is read begins with a line of names; found out by default'),
  from: kinds.describe('what the input is, where the end of its name does not tell'),
  to: kinds.describe('what the output is, where the end of its name does not tell'),
  compression: z
    .enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed'])
    .default('zstd')
    .describe('of a Parquet file that is written'),
});

/** Rows per batch that pass through. */
const BATCH_ROWS = 16_384;

interface Input {
  readonly schema: BatchSchema;
  readonly batches: AsyncIterable<Batch>;
}

/**
 * Converts between Parquet, CSV (with a line of names), NDJSON and Arrow IPC, by the ends of the names. The output appears whole or not at all;
 * memory does not depend on the size of the files. The output `-` is stdout, for all but Parquet.
 *
 * @returns the number of rows.
 * @throws MillraceError INVALID_OPTION, FILE_UNREADABLE, SCHEMA_MISMATCH, and DECODE_FAILED at the first record that does not fit.
 * @example
 * await convert('readings.parquet', 'readings.csv');
 */
export async function convert(input: string, output: string, options: z.input<typeof convertOptions> = {}): Promise<number> {
  const parsed = parseOptions('convert', convertOptions, options);
  const kind = parsed.to ?? fileKind(output);
  const { schema, batches } = await openInput(input, parsed);
  try {
    return await writeFile(output, kind, schema, batches, { compression: parsed.compression, dictionary: 'auto', statistics: true });
  } catch (thrown) {
    throw MillraceError.from(thrown, 'SINK_FAILED', { hint: `converting '${input}' to '${output}'` });
  }
}

async function openInput(path: string, options: z.output<typeof convertOptions>): Promise<Input> {
  const kind = options.from ?? fileKind(path);
  const { schema, columns, header } = options;
  if (kind === 'arrow') return openArrow(path);
  const definition =
    kind === 'parquet'
      ? (parquet(path, { ...(schema && { schema }), ...(columns && { columns }) }) as SourceDefinition<never>)
      : textSource(path, kind, schema, header);
  return { schema: definition.schema, batches: batchesOf(path, definition) };
}

async function* batchesOf(path: string, definition: SourceDefinition<never>): AsyncGenerator<Batch> {
  const source = definition.create();
  try {
    await source.open(0, undefined);
    for (;;) {
      const next = await source.next({ rows: BATCH_ROWS, bytes: Number.MAX_SAFE_INTEGER });
      if (next === 'end') return;
      if (next === 'idle') continue;
      const [reject] = next.rejects;
      if (reject !== undefined)
        throw new MillraceError('DECODE_FAILED', `'${path}', record at ${reject.record.offset}: ${reject.reason}`, {
          hint: 'the place counts bytes in text files and rows in Parquet files',
        });
      yield next.batch;
    }
  } finally {
    await source.close();
  }
}

async function openArrow(path: string): Promise<Input> {
  if (!existsSync(path)) throw unreadable(path, 'there is no such file');
  try {
    const reader = await RecordBatchReader.from(createReadStream(path));
    await reader.open();
    if (reader.schema === undefined) throw new TypeError('it holds no schema');
    return { schema: reader.schema, batches: arrowBatches(path, reader as unknown as AsyncIterable<Batch>) };
  } catch (thrown) {
    throw noArrow(path, thrown);
  }
}

async function* arrowBatches(path: string, batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  try {
    yield* batches;
  } catch (thrown) {
    throw noArrow(path, thrown);
  }
}

/** What Arrow's reader throws on damaged bytes says nothing about them. */
const noArrow = (path: string, cause: unknown) =>
  unreadable(path, 'it is not an Arrow IPC file or stream, or is truncated or damaged', { cause, hint: 'write or copy it again' });

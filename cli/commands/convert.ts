import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { convert, inferSchema, schemaOfInferred } from '../../connectors/index.ts';
import { MillraceError } from '../../streams/index.ts';
import { command } from '../command.ts';
import { namesIn } from '../names-in.ts';
import { widened } from '../widened-schema.ts';
import { linesOf } from './infer.ts';

const kinds = z.enum(['parquet', 'csv', 'ndjson', 'arrow']).optional();

/** `millrace convert INPUT OUTPUT` */
export const convertFile = command({
  name: 'convert',
  summary: 'converts between Parquet, CSV, NDJSON and Arrow files, by the ends of their names; - is stdin or stdout',
  positionals: ['INPUT', 'OUTPUT'],
  options: z.object({
    from: kinds.describe('what the input is, where its name does not tell: parquet, csv, ndjson, arrow'),
    to: kinds.describe('what the output is, where its name does not tell'),
    columns: z.string().optional().describe('names of the columns to take of a Parquet file, separated by commas'),
    compression: z.enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']).default('zstd').describe('of a Parquet file'),
  }),
  example: 'millrace convert readings.parquet readings.csv',
  async run({ positionals: [input, output], options }) {
    const folder = input === '-' ? mkdtempSync(join(tmpdir(), 'millrace-convert-')) : undefined;
    try {
      const file = folder === undefined ? (input as string) : await kept(folder, options.from);
      const { columns, ...others } = options;
      const chosen = columns === undefined ? {} : { columns: namesIn(columns) as [string, ...string[]] };
      const rows = await convert(file, output as string, { ...others, ...chosen, ...schemaOfText(file, options.from) });
      if (output !== '-') console.log(`${rows.toLocaleString('en-US')} rows written to ${output}`);
      return 0;
    } finally {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  },
});

/** All of stdin as a file: types are inferred from its beginning, and Parquet is read from its end. */
async function kept(folder: string, kind: z.output<typeof kinds>): Promise<string> {
  if (kind === undefined)
    throw new MillraceError('INVALID_OPTION', 'convert: what is read from stdin has no name', { hint: 'say what it is with --from' });
  const file = join(folder, `stdin.${kind}`);
  await pipeline(process.stdin, createWriteStream(file));
  return file;
}

/** Text files tell no types: the schema is inferred from their first lines. */
function schemaOfText(file: string, kind: z.output<typeof kinds>) {
  if (kind === undefined ? !/\.(csv|ndjson|jsonl)$/i.test(file) : kind !== 'csv' && kind !== 'ndjson') return {};
  const inferred = inferSchema(linesOf(file));
  return { schema: schemaOfInferred(widened(inferred)), header: inferred.header };
}

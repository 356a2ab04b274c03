import { z } from 'zod';
import { convert, inferSchema, schemaOfInferred } from '../../connectors/index.ts';
import { command } from '../command.ts';
import { widened } from '../widened-schema.ts';
import { linesOf } from './infer.ts';

/** `millrace convert INPUT OUTPUT` */
export const convertFile = command({
  name: 'convert',
  summary: 'converts between Parquet, CSV, NDJSON and Arrow files, by the ends of their names',
  positionals: ['INPUT', 'OUTPUT'],
  options: z.object({
    compression: z.enum(['zstd', 'snappy', 'lz4', 'gzip', 'brotli', 'uncompressed']).default('zstd').describe('of a Parquet file'),
  }),
  example: 'millrace convert readings.parquet readings.csv',
  async run({ positionals: [input, output], options }) {
    // Text files tell no types: the schema is inferred from their first lines.
    const inferred = /\.(csv|ndjson|jsonl)$/.test(input as string) ? inferSchema(linesOf(input as string)) : undefined;
    const schema = inferred === undefined ? {} : { schema: schemaOfInferred(widened(inferred)), header: inferred.header };
    const rows = await convert(input as string, output as string, { ...options, ...schema });
    console.log(`${rows.toLocaleString('en-US')} rows written to ${output}`);
    return 0;
  },
});

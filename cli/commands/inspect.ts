import { z } from 'zod';
import { inspectionText, inspectParquet } from '../../connectors/index.ts';
import { command } from '../command.ts';

/** `millrace inspect FILE` */
export const inspect = command({
  name: 'inspect',
  summary: 'describes a Parquet file: schema, row groups, statistics, codecs, a preview',
  positionals: ['FILE'],
  options: z.object({
    preview: z.coerce.number().int().min(0).default(5).describe('rows shown'),
    json: z.boolean().default(false).describe('print it as JSON'),
  }),
  example: 'millrace inspect readings.parquet',
  async run({ positionals: [file], options }) {
    const found = await inspectParquet(file as string, { preview: options.preview });
    console.log(
      options.json ? JSON.stringify(found, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2) : inspectionText(found),
    );
    return 0;
  },
});

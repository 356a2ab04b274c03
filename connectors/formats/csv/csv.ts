import { z } from 'zod';
import { MillraceError, parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { RowColumns } from '../columns/index.ts';
import { LineDecoder } from '../lines/index.ts';
import { CsvEncoder } from './csv-encoder.ts';
import { CsvReader } from './csv-reader.ts';

const oneByte = z.string().regex(/^[\t -~]$/, 'expected one printable ASCII character or a tab');

/** Options of {@link csv}. */
export const csvOptions = z.strictObject({
  /** Names of the fields in their order, where that is not the order of the schema; names that are no column are left out. */
  fields: z.array(z.string()).optional(),
  delimiter: oneByte.default(','),
  /** Empty: no quoting, as in many tab-separated files; such a format is read only. */
  quote: z.union([oneByte, z.literal('')]).default('"'),
  /** What stands for null when it is not quoted; the first one is written. */
  nulls: z.array(z.string()).min(1).default(['']),
  /** How timestamps are written; all forms are read. */
  timestamps: z.enum(['iso', 'epoch']).default('iso'),
  /** Larger records are rejected unread. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
});

export type CsvOptions = z.output<typeof csvOptions>;

/**
 * One row of comma-separated values per record (RFC 4180), without header: fields in the order of the schema or of `fields`. Quoted fields may hold delimiters,
 * line ends and doubled quotes; spaces belong to the field. A row with more or fewer fields is rejected.
 * Numbers are decimal, booleans `true`, `false`, `1`, `0`, instants ISO 8601 or ms since 1970, bytes base64.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const readings = topic('readings', { schema: schema({ at: timestamp(), celsius: float64() }, { eventTime: 'at' }), format: csv({ delimiter: ';' }) });
 */
export function csv(options: z.input<typeof csvOptions> = {}): Format {
  const parsed = parseOptions('csv', csvOptions, options);
  return {
    name: 'csv',
    decoder: (schema) => {
      const columns = new RowColumns(schema, 'csv');
      return new LineDecoder(columns, new CsvReader(columns, parsed), parsed.maxBytes);
    },
    encoder: (schema) => {
      if (parsed.quote === '') throw new MillraceError('INVALID_OPTION', 'csv without quotes can be read only', { hint: 'give a quote' });
      return new CsvEncoder(schema, parsed);
    },
  };
}

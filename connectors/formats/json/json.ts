import type { z } from 'zod';
import { parseOptions } from '../../../streams/index.ts';
import type { Format } from '../../contract/index.ts';
import { JsonDecoder } from './json-decoder.ts';
import { JsonEncoder } from './json-encoder.ts';
import { jsonOptions } from './json-options.ts';

/**
 * One JSON object per record (RFC 8259), a key per column.
 *
 * - Numbers: float64 as written, float32 rounded to nearest, int32 and int64 exact (`1.0` and `1e2` are integers). `1e999` and what else does not fit is rejected;
 *   `-0` keeps its sign in float columns. `NaN` and `Infinity` are no JSON.
 * - Timestamps: ms since the epoch or an ISO 8601 string, UTC unless it names a zone; finer fractions are cut off. Binary: base64.
 * - A missing key and null are the same, and rejected for required columns and the event time. A column's key given twice is rejected.
 * - Rejects carry a reason and, for broken JSON, the character. Nothing is converted between strings and numbers.
 * - Written: the shortest digits that read back as the same number; null for null and for NaN and infinities, which JSON lacks.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const readings = topic('readings', { schema: schema({ at: timestamp(), celsius: float64() }, { eventTime: 'at' }), format: json({ unknown: 'reject' }) });
 */
export function json(options: z.input<typeof jsonOptions> = {}): Format {
  const parsed = parseOptions('json', jsonOptions, options);
  return {
    name: 'json',
    decoder: (schema) => new JsonDecoder(schema, parsed),
    encoder: (schema) => new JsonEncoder(schema, parsed),
  };
}

import { z } from 'zod';

/** Options of {@link json}. */
export const jsonOptions = z.strictObject({
  /** Fields that are no column: leave them out, or reject the record. */
  unknown: z.enum(['ignore', 'reject']).default('ignore'),
  /** A utf8 column that takes the fields that are no column, as a JSON object; null where there are none. Instead of `unknown`. */
  capture: z.string().optional(),
  /** Where nested columns lie, as dotted paths by column: `{ temperature: 'sensor.temperature' }`. */
  paths: z.record(z.string(), z.string()).default({}),
  /** How timestamps are written: ms since the epoch, or ISO 8601 in UTC. Both are read. */
  timestamps: z.enum(['epoch', 'iso']).default('epoch'),
  /** Larger values are rejected unread. */
  maxBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
});

export type JsonOptions = z.output<typeof jsonOptions>;

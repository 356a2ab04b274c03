import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../columnar/index.ts';
import { type Duration, duration, parseOptions } from '../streams/index.ts';
import type { Format, StartAt, TopicDefinition } from './contract/index.ts';
import { json } from './formats/index.ts';

/** Options of {@link topic}. */
export interface TopicOptions<T extends TypeMap> {
  readonly schema: BatchSchema<T>;
  /** How values are read and written; JSON unless given. */
  readonly format?: Format;
  /** Partitions when the topic has to be created; 1 unless given. */
  readonly partitions?: number;
  /** Event times may arrive this much out of order; 0 unless given. */
  readonly allowedLateness?: Duration;
  /** Where to begin in a topic of which nothing was read yet; the oldest record unless given. Kafka only. */
  readonly startAt?: StartAt;
}

const settings = z.object({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected letters, digits, dot, underscore and hyphen, at most 249'),
  partitions: z.number().int().min(1).max(10_000).default(1),
  allowedLateness: duration().default(0),
  startAt: z
    .union(
      [
        z.enum(['earliest', 'latest']),
        z.strictObject({ timestamp: z.number().int().min(0) }),
        z.strictObject({ offsets: z.array(z.number().int().min(0)).min(1) }),
      ],
      "expected 'earliest', 'latest', { timestamp } in ms or { offsets } per partition",
    )
    .optional(),
});

/**
 * Defines a topic as plain data, to read from and to write to. Nothing is opened: the topic lives where the pipeline runs, in Kafka or in the embedded log.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const readings = topic('readings', { schema: schema({ station: category(), at: timestamp(), pm25: float64() }, { eventTime: 'at' }) });
 */
export function topic<T extends TypeMap>(name: string, options: TopicOptions<T>): TopicDefinition<T> {
  const { partitions, allowedLateness, startAt } = options;
  const parsed = parseOptions('topic', settings, { name, partitions, allowedLateness, startAt });
  return { kind: 'topic', ...parsed, schema: options.schema, format: options.format ?? json() };
}

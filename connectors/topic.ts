import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { BatchSchema } from '../columnar/index.ts';
import { type Duration, duration, parseOptions } from '../streams/index.ts';
import type { Format, StartAt, TopicDefinition, TopicsDefinition } from './contract/index.ts';
import { json } from './formats/index.ts';

/** Options of {@link topic}. */
export interface TopicOptions<T extends TypeMap> {
  readonly schema: BatchSchema<T>;
  /** How values are read and written; JSON unless given. */
  readonly format?: Format;
  /** Partitions when the topic has to be created; 1 unless given. */
  readonly partitions?: number;
  /** When the topic has to be created: keep records this long by their timestamps (event times), instead of for ever. */
  readonly retention?: Duration;
  /**
   * When the topic has to be created: keep at least so many of the newest bytes of each partition, and give up older records. As Kafka's `retention.bytes` it counts per partition, and whole blocks of
   * records go, so that a partition is somewhat larger. With `retention`, whichever comes first.
   */
  readonly retentionBytes?: number;
  /** When the topic has to be created: keep only the newest record of each key. */
  readonly compacted?: boolean;
  /** Event times may arrive this much out of order; 0 unless given. */
  readonly allowedLateness?: Duration;
  /** Where to begin in a topic of which nothing was read yet; the oldest record unless given. Kafka only. */
  readonly startAt?: StartAt;
}

const topicName = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected letters, digits, dot, underscore and hyphen, at most 249');

const settings = z.object({
  names: z
    .array(topicName)
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a topic twice'),
  partitions: z.number().int().min(1).max(10_000).default(1),
  retention: duration().optional(),
  retentionBytes: z.number().int().min(1).optional(),
  compacted: z.boolean().optional(),
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
 * A list or a pattern (matched against the whole name) is one input that reads several topics in one order: by event time, then topic, then offset. They need
 * equally many partitions. Topics of a list are created when they are missing; those of a pattern are looked for, also while the pipeline runs.
 *
 * @throws MillraceError INVALID_OPTION
 * @example
 * const readings = topic('readings', { schema: schema({ station: category(), at: timestamp(), pm25: float64() }, { eventTime: 'at' }) });
 * const all = topic(/sensors-.+/, { schema: readings.schema });
 * const latest = topic('latest', { schema: readings.schema, compacted: true });
 */
export function topic<T extends TypeMap>(name: string, options: TopicOptions<T>): TopicDefinition<T>;
export function topic<T extends TypeMap>(names: readonly string[] | RegExp, options: TopicOptions<T>): TopicsDefinition<T>;
export function topic<T extends TypeMap>(
  name: string | readonly string[] | RegExp,
  options: TopicOptions<T>,
): TopicDefinition<T> | TopicsDefinition<T> {
  const { partitions, retention, retentionBytes, compacted, allowedLateness, startAt } = options;
  const given = typeof name === 'string' ? [name] : name instanceof RegExp ? ['any'] : [...name];
  const {
    names,
    retention: retentionMs,
    ...parsed
  } = parseOptions('topic', settings, {
    names: given,
    partitions,
    retention,
    retentionBytes,
    compacted,
    allowedLateness,
    startAt,
  });
  const each = {
    kind: 'topic' as const,
    ...parsed,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    schema: options.schema,
    format: options.format ?? json(),
  };
  if (typeof name === 'string') return { ...each, name };
  const common = { kind: 'topics' as const, schema: options.schema, allowedLateness: parsed.allowedLateness, each };
  if (name instanceof RegExp) return { ...common, name: String(name), names: [], pattern: name };
  return { ...common, name: names.join(', '), names: names.toSorted(), pattern: undefined };
}

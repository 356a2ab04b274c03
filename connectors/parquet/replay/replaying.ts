import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import { type Duration, duration, parseOptions } from '../../../streams/index.ts';
import type { ArchivedEnd, SourceDefinition } from '../../contract/index.ts';
import { machineClock, type ReplayClock } from './replay-clock.ts';
import { ReplaySource } from './replay-source.ts';
import { ResumedSource } from './resumed-source.ts';

/** Options of {@link replaying}. */
export interface ReplayOptions {
  /** `max`, `realtime`, or so many times as fast as the event times: `60x`. */
  readonly speed?: 'max' | 'realtime' | `${number}x`;
  /** Read the source again when it ends, event times going on: true for ever, or so many passes. */
  readonly loop?: boolean | number;
  /** Each row arrives up to this much later than its event time. */
  readonly jitter?: Duration;
  /** Rows of each such span of event time arrive in random order. */
  readonly shuffleWithin?: Duration;
  /** Probability that a row arrives twice. */
  readonly duplicate?: number;
  /** Of the random numbers. */
  readonly seed?: number;
  readonly clock?: ReplayClock;
}

/** Options of a replay, for validation, documentation and --help. */
export const replayOptions = z.strictObject({
  speed: z
    .string()
    .regex(/^(max|realtime|\d+(\.\d+)?x)$/, 'expected max, realtime or a factor such as 60x')
    .default('max')
    .transform((speed) => (speed === 'max' ? Number.POSITIVE_INFINITY : speed === 'realtime' ? 1 : Number.parseFloat(speed)))
    .refine((speed) => speed > 0, 'expected a factor above 0')
    .describe('max, realtime, or so many times as fast as the event times: 60x'),
  loop: z
    .union([z.boolean(), z.int().positive()])
    .default(false)
    .transform((loop) => (loop === true ? Number.POSITIVE_INFINITY : loop === false ? 1 : loop))
    .describe('read again at the end, event times going on: true, or a number of passes'),
  jitter: duration().default(0).describe('each row arrives up to this much later than its event time'),
  shuffleWithin: duration().default(0).describe('rows of each such span of event time arrive in random order'),
  duplicate: z.number().min(0).max(1).default(0).describe('probability that a row arrives twice'),
  seed: z.int().default(1).describe('of the random numbers'),
  clock: z.custom<ReplayClock>().default(machineClock).describe('wall time'),
});

/**
 * Replays a source at the pace of its event times, and if wanted with the faults of a real stream: late, shuffled and doubled rows. The same seed gives
 * the same order, also when a replay is resumed from a position. Pass `since` and `until` to `parquet`: rows outside are then not even read.
 *
 * @throws MillraceError INVALID_OPTION, also for a source without an event-time column.
 * @example
 * const feed = replaying(parquet('readings.parquet', { eventTime: 'at', since: '2016-01-01' }), { speed: '60x', jitter: '5m' });
 */
export function replaying<T extends TypeMap>(source: SourceDefinition<T>, options: ReplayOptions = {}): SourceDefinition<T> {
  const { speed, loop, clock, ...disturbance } = parseOptions('replaying', replayOptions, options);
  const { jitter, shuffleWithin, duplicate } = disturbance;
  const isPlain = speed === Number.POSITIVE_INFINITY && loop === 1 && jitter === 0 && shuffleWithin === 0 && duplicate === 0;
  return {
    kind: 'source',
    name: source.name,
    get schema() {
      return source.schema;
    },
    // Rows that arrive late on purpose are for the pipeline to deal with: the source's own allowance stands.
    allowedLateness: source.allowedLateness,
    partitions: () => source.partitions(),
    // A source that is read again and again does not end where its topic went on.
    ...(loop === 1 && source.archivedEnd !== undefined
      ? { archivedEnd: (among?: readonly string[]) => (source.archivedEnd as (among?: readonly string[]) => Promise<ArchivedEnd>)(among) }
      : {}),
    create: () => {
      const settings = { speed, passes: loop, clock, disturbance };
      return isPlain ? new ResumedSource(source, settings) : new ReplaySource(source, settings);
    },
  };
}

import { z } from 'zod';
import { duration } from '../streams/index.ts';

/** Options of a task. `millrace run --help` and docs/pipeline.md show them from here. */
export const taskOptions = z.object({
  batchRows: z.number().int().min(1).max(1_000_000).default(4096).describe('rows pushed through the operators at a time'),
  prefetchBytes: z
    .number()
    .int()
    .min(1)
    .default(8 * 1024 * 1024)
    .describe('bytes that a task may read ahead, shared evenly by its inputs and their topics'),
  epochTime: duration().default(1000).describe('longest time between two commits'),
  epochRows: z.number().int().min(1).default(1_000_000).describe('most rows between two commits'),
  epochBytes: z
    .number()
    .int()
    .min(1)
    .default(32 * 1024 * 1024)
    .describe('most bytes of outputs that wait for their commit'),
  publishBytes: z
    .number()
    .int()
    .min(1)
    .default(1024 * 1024)
    .describe('bytes of outputs that are sent to a broker ahead of their commit; readers see them with it'),
  guarantee: z
    .enum(['exactlyOnce', 'atLeastOnce'])
    .default('exactlyOnce')
    .describe('atLeastOnce publishes rows at once, before their epoch commits: a restarted task publishes some again'),
  recoveryTime: duration().default(500).describe('most work that a restarted task repeats: a snapshot is taken after so much of it'),
  snapshotEvery: z.number().int().min(1).optional().describe('epochs between two snapshots, instead of recoveryTime'),
  keepSnapshots: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('older snapshots that are kept beside the newest, spread over the run: millrace reproduce begins at one of them'),
  snapshotAtStop: z.boolean().default(true).describe('take a snapshot at an orderly stop, so that the next start repeats nothing'),
  stateBytes: z.number().int().min(1).optional().describe('most bytes of state; a task that needs more stops and names the largest step'),
});

export type TaskOptions = z.output<typeof taskOptions>;

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
    .describe('bytes that a source may read ahead'),
  epochTime: duration().default(1000).describe('longest time between two commits'),
  epochRows: z.number().int().min(1).default(1_000_000).describe('most rows between two commits'),
  snapshotEvery: z.number().int().min(1).default(4).describe('epochs between two snapshots: a restarted task re-runs the rows since'),
});

export type TaskOptions = z.output<typeof taskOptions>;

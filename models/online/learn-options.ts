import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import type { NumericColumn, StringColumn, TensorColumn } from '../../columnar/index.ts';
import { type BatchObserver, type Duration, duration, parseOptions } from '../../streams/index.ts';
import type { Estimator } from '../estimators/index.ts';
import type { ScoreColumns } from '../scores/index.ts';
import type { Baseline } from './baseline.ts';
import type { BesideOptions } from './beside-steps.ts';
import type { ReplayOptions } from './replay-memory.ts';

/** Options of {@link learn}, over rows of schema `T`. */
export interface LearnOptions<T extends TypeMap, Key extends StringColumn<T> = never> {
  /** Makes a fresh estimator; called once for each run of the stream and when its state is restored. */
  readonly estimator: () => Estimator;
  /** Tensor column with the estimator's input; several are laid side by side, in this order, as a model with several inputs reads them. */
  readonly features: TensorColumn<T> | readonly TensorColumn<T>[];
  /** Numeric column with the measured value; null where nothing was measured. */
  readonly target: NumericColumn<T>;
  /** How far ahead to forecast; output i of the estimator belongs to lead i. */
  readonly lead: Duration | readonly Duration[];
  /** The naive forecast to beat. */
  readonly baseline: Baseline<NumericColumn<T>>;
  /** Samples of one optimizer step. @default 32 */
  readonly batchRows?: number;
  /** Experience replay: labeled samples are kept and learned from again; absent: each is learned from once. */
  readonly replay?: ReplayOptions;
  /** Training in another thread, while rows go on being predicted; absent: each step is made at once. The estimator has to be a network of `compile`. */
  readonly beside?: BesideOptions;
  /** Whether the estimator learns target - baseline in units of a running scale (else the target itself). @default true */
  readonly residual?: boolean;
  /** Key column; absent: the schema's key role. Naming it puts it into the output's type. */
  readonly key?: Key;
  /** How much later than its due time a label may be stamped. @default 0 */
  readonly tolerance?: Duration;
  /** Most samples that wait for labels at once, over all keys; beyond it the oldest is given up as `overflowed`. @default 65536 */
  readonly maxPending?: number;
  /** Receives scores of model and baseline. */
  readonly scores?: BatchObserver<ScoreColumns>;
  /** Labels of a lead between two of its scores. @default 10000 */
  readonly scoreEvery?: number;
}

/** Schema of {@link LearnOptions}. */
export const learnOptions = z.strictObject({
  estimator: z
    .custom<() => Estimator>((value) => typeof value === 'function', 'expected a function that makes an estimator')
    .describe('makes a fresh estimator'),
  features: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((features) => [features].flat())
    .describe("tensor columns with the estimator's input, laid side by side"),
  target: z.string().describe('numeric column with the measured value, null where nothing was measured'),
  lead: z
    .union([duration(), z.array(duration()).min(1)])
    .transform((leads) => [leads].flat())
    .refine((leads) => leads.every((lead) => lead >= 0), 'a lead is 0 or more: what lies before a row is no forecast')
    .refine((leads) => new Set(leads).size === leads.length, 'two leads are equal')
    .describe('how far ahead to forecast, one per output of the estimator'),
  baseline: z
    .custom<Baseline>((value) => typeof (value as Baseline)?.create === 'function', 'expected a baseline such as persistence(column)')
    .describe('the naive forecast to beat'),
  batchRows: z.int().positive().default(32).describe('samples of one optimizer step'),
  residual: z.boolean().default(true).describe('learn target - baseline in units of a running scale'),
  replay: z
    .strictObject({
      samples: z.int().positive().describe('labeled samples kept'),
      steps: z.int().positive().default(1).describe('further steps after each mini-batch'),
      seed: z.number().default(0).describe('decides which samples are kept and drawn'),
    })
    .optional()
    .describe('learn again from labeled samples; absent: from each once'),
  beside: z
    .strictObject({
      lag: z.int().min(0).max(1000).describe('mini-batches that predictions lag behind'),
      whenBehind: z
        .enum(['block', 'sample', 'coalesce'])
        .default('block')
        .describe('wait, leave mini-batches out, or put several into one step when training falls behind'),
    })
    .optional()
    .describe('train in another thread; absent: each step is made at once'),
  key: z.string().optional().describe("key column; absent: the schema's key role"),
  tolerance: duration()
    .refine((tolerance) => tolerance >= 0, 'expected 0 or more')
    .default(0)
    .describe('how much later than its due time a label may be stamped'),
  maxPending: z.int().positive().default(65_536).describe('most samples that wait for labels at once'),
  scores: z
    .custom<BatchObserver<ScoreColumns>>(
      (value) => typeof (value as BatchObserver<ScoreColumns>)?.next === 'function',
      'expected an observer',
    )
    .optional()
    .describe('receives scores of model and baseline'),
  scoreEvery: z.int().positive().default(10_000).describe('labels of a lead between two of its scores'),
});

/** Checked options, and what follows from them. */
export interface LearnSettings extends z.output<typeof learnOptions> {
  /** Leads in milliseconds. */
  readonly leads: Float64Array;
  /** `+1h`, ... */
  readonly leadNames: readonly string[];
}

export function learnSettings(options: unknown): LearnSettings {
  const parsed = parseOptions('learn', learnOptions, options);
  const given = [(options as { lead: Duration | readonly Duration[] }).lead].flat();
  return { ...parsed, leads: Float64Array.from(parsed.lead), leadNames: given.map(leadName) };
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A lead as people say it: `+24h` of '24h', `+6h` of 21,600,000 (the largest unit that divides it). */
function leadName(lead: Duration): string {
  if (typeof lead === 'string') return `+${lead}`;
  const [unit, size] = UNITS.find(([, size]) => lead >= size && lead % size === 0) ?? ['ms', 1];
  return `+${lead / size}${unit}`;
}

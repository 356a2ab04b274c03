export type { Baseline, BaselineState } from './baseline.ts';
export type { BesideOptions } from './beside-steps.ts';
export type { ForecastColumns } from './forecast-columns.ts';
export { learn } from './learn.ts';
export { type LearnOptions, learnOptions } from './learn-options.ts';
export { persistence } from './persistence.ts';
export { seasonalNaive } from './seasonal-naive.ts';

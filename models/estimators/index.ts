export type { Estimator, LearnResult } from './estimator.ts';

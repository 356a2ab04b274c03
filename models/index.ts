export * from './estimators/index.ts';
export * from './files/index.ts';
export * from './networks/index.ts';
export * from './online/index.ts';
export { METRICS, type Metric, type ScoreColumns, scoreSchema } from './scores/index.ts';

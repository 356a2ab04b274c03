export { ForecastScores, METRICS, type Metric } from './forecast-scores.ts';
export { type ScoreColumns, type ScorePlace, ScoreRows } from './score-columns.ts';

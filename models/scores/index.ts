export { ForecastScores, METRICS, type Metric } from './forecast-scores.ts';
export { type ScoreColumns, type ScorePlace, ScoreRows, scoreSchema } from './score-columns.ts';

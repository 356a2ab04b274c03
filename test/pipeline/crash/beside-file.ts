/**
 * A pipeline file for `millrace run` that trains beside ingestion: generated readings -> `events` -> forecasts -> `forecasts`. MILLRACE_ROWS says how many, MILLRACE_SPEED how
 * fast, MILLRACE_WHEN_BEHIND what happens when training falls behind, which it does with MILLRACE_REPLAYS steps on old samples after each.
 */
import { type Pipeline, replay } from 'millrace';
import { topic } from 'millrace/connectors';
import type { BesideOptions } from 'millrace/models';
import { event } from '../example-pipelines.ts';
import { learningPipeline } from '../learning-pipeline.ts';
import { generatedReadings } from './generated-readings.ts';

const { MILLRACE_ROWS = '3000', MILLRACE_SPEED = 'max', MILLRACE_WHEN_BEHIND = 'block', MILLRACE_REPLAYS = '0' } = process.env;
const replaySteps = Number(MILLRACE_REPLAYS);

export const pipeline: Pipeline = {
  ...learningPipeline(
    { lag: 3, whenBehind: MILLRACE_WHEN_BEHIND as NonNullable<BesideOptions['whenBehind']> },
    { units: replaySteps === 0 ? 8 : 2000, replaySteps, lead: '7s' },
  ),
  feeds: { generate: replay(generatedReadings(Number(MILLRACE_ROWS)), { to: topic('events', { schema: event }), speed: MILLRACE_SPEED }) },
};

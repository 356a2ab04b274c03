/**
 * A small pipeline file for `millrace run`: generated readings -> `events` -> running totals -> `totals`. MILLRACE_ROWS says how many, MILLRACE_SPEED how fast;
 * with MILLRACE_STUCK_AT the feed's source hangs at that row for ever.
 */
import { type Pipeline, replay } from 'millrace';
import { topic } from 'millrace/connectors';
import { event, totalsPipeline } from '../example-pipelines.ts';
import { generatedReadings } from './generated-readings.ts';

const rows = Number(process.env.MILLRACE_ROWS ?? 50_000);
const stuckAt = Number(process.env.MILLRACE_STUCK_AT ?? Number.POSITIVE_INFINITY);

export const pipeline: Pipeline = {
  ...totalsPipeline(),
  feeds: {
    generate: replay(generatedReadings(rows, stuckAt), {
      to: topic('events', { schema: event }),
      speed: process.env.MILLRACE_SPEED ?? 'max',
    }),
  },
};

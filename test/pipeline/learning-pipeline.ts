import { category, float64, int64, required, schema, timestamp } from '../../columnar/index.ts';
import { topic } from '../../connectors/index.ts';
import { adam, type BesideOptions, compile, dense, learn, meanSquaredError, persistence, sequential } from '../../models/index.ts';
import { lag, sequences, standardize, withColumn } from '../../operators/index.ts';
import { definePipeline, type Pipeline } from '../../pipeline/index.ts';
import { type Duration, flow } from '../../streams/index.ts';
import { event } from './example-pipelines.ts';

const forecast = schema(
  {
    sensor: required(category()),
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    prediction: float64(),
    modelVersion: int64(),
  },
  { eventTime: 'issuedAt', key: 'sensor' },
);

/** `events` -> forecasts by a network that learns online -> `forecasts`. */
export function learningPipeline(beside?: BesideOptions, { units = 8, replaySteps = 0, lead = '3s' as Duration } = {}): Pipeline {
  return definePipeline({
    name: 'learning',
    sources: { events: topic('events', { schema: event }) },
    sinks: { forecasts: topic('forecasts', { schema: forecast }) },
    flow: ({ events }) => ({
      forecasts: flow(
        events,
        lag({ columns: ['value'], key: 'sensor', steps: [1] }),
        withColumn('measured', ({ value }) => value),
        withColumn('last', ({ value }) => value),
        standardize({ columns: ['value', 'valueLag1'], fill: 0 }),
        sequences({ columns: ['value', 'valueLag1'], key: 'sensor', length: 2, pad: true }),
        learn({
          estimator: () =>
            compile(sequential([dense(units, { activation: 'relu' }), dense(1)], { inputShape: [4] }), {
              loss: meanSquaredError(),
              optimizer: adam(),
              seed: 2,
            }),
          features: 'sequence',
          target: 'measured',
          lead,
          batchRows: 8,
          ...(replaySteps === 0 ? {} : { replay: { samples: 200, steps: replaySteps } }),
          baseline: persistence('last'),
          key: 'sensor',
          ...(beside === undefined ? {} : { beside }),
        }),
      ) as never,
    }),
  }) as never;
}

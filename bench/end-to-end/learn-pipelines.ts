import { category, float64, int64, required, schema, timestamp } from '../../columnar/index.ts';
import { topic } from '../../connectors/index.ts';
import {
  adam,
  type BesideOptions,
  compile,
  dense,
  gru,
  learn,
  type Model,
  meanSquaredError,
  persistence,
  sequential,
} from '../../models/index.ts';
import { column, sequences, standardize, withColumn } from '../../operators/index.ts';
import { definePipeline } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { readingsTopic } from './records.ts';

const forecast = schema(
  {
    sensor: required(category()),
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    lead: required(category()),
    prediction: float64(),
    baseline: float64(),
    modelVersion: int64(),
  },
  { eventTime: 'issuedAt', key: 'sensor' },
);

const COLUMNS = ['level', 'pressure', 'humidity', 'product'] as const;

interface LearningOptions {
  readonly input?: typeof readingsTopic;
  readonly beside?: BesideOptions;
}

/** J2: predict each sensor's next temperature, learn from it, publish every prediction. */
function learning(name: string, length: number, model: () => Model, { input = readingsTopic, beside }: LearningOptions = {}) {
  return definePipeline({
    name: `bench-${name}`,
    sources: { readings: input },
    sinks: { forecasts: topic(`bench-${name}`, { schema: forecast, partitions: input.partitions }) },
    flow: ({ readings }) => ({
      forecasts: flow(
        readings,
        withColumn('level', column('temp')),
        withColumn('product', (row) => row.temp.times(row.humidity)),
        standardize({ columns: COLUMNS, fill: 0 }),
        sequences({ columns: COLUMNS, key: 'sensor', length, pad: true }),
        learn({
          estimator: () => compile(model(), { loss: meanSquaredError(), optimizer: adam({ learningRate: 1e-3 }), seed: 1, maxBatch: 512 }),
          features: 'sequence',
          target: 'temp',
          lead: '500ms',
          batchRows: 32,
          baseline: persistence('temp'),
          key: 'sensor',
          ...(beside === undefined ? {} : { beside }),
        }),
      ),
    }),
  });
}

const layers = () => sequential([dense(64, { activation: 'relu' }), dense(32, { activation: 'relu' }), dense(1)], { inputShape: [4] });

/** MLP 4-64-32-1. */
export const mlp = learning('mlp', 1, layers);

/** The same over a topic with one partition, which rows reach one by one. */
export const liveTopic = { ...readingsTopic, name: 'bench-live', partitions: 1 };
export const live = learning('live-mlp', 1, layers, { input: liveTopic });

const recurrent = () => sequential([gru(32), dense(1)], { inputShape: [16, 4] });

/** GRU of 32 over 16 steps. */
export const gru32 = learning('gru', 16, recurrent);

/** The same jobs over the topic with one partition, trained at once or by a thread beside ingestion. */
export const singleTaskJobs = (training: { readonly beside?: BesideOptions } = {}) => ({
  mlp: learning('mlp-beside', 1, layers, { input: liveTopic, ...training }),
  gru: learning('gru-beside', 16, recurrent, { input: liveTopic, ...training }),
});

import { category, float64, int64, required, schema, timestamp } from '../../../columnar/index.ts';
import { topic } from '../../../connectors/index.ts';
import { adam, compile, dense, gru, learn, meanAbsoluteError, persistence, sequential } from '../../../models/index.ts';
import {
  count,
  dedupe,
  filterRows,
  joinAsOf,
  lag,
  mean,
  quantile,
  sequences,
  standardize,
  tumblingWindow,
  withColumn,
} from '../../../operators/index.ts';
import { definePipeline, type Pipeline } from '../../../pipeline/index.ts';
import { jsonRecords, type SimulatedInputs } from '../../../pipeline/testing.ts';
import { flow } from '../../../streams/index.ts';
import { event, runningTotal, summed } from '../example-pipelines.ts';

/** A pipeline and what it is given. */
export interface Simulated {
  readonly pipeline: Pipeline;
  readonly inputs: SimulatedInputs;
}

const events = topic('events', { schema: event });

type Row = string | Readonly<Record<string, unknown>>;

/** Readings of some sensors, one in eleven late, one in 37 broken. */
function readings(rows: number, sensors = ['s0', 's1', 's2']): readonly Row[] {
  return Array.from({ length: rows }, (_, i) => {
    if (i % 37 === 36) return '{"sensor":';
    return { sensor: sensors[(i * 7) % sensors.length], at: 1000 * (i - (i % 11 === 10 ? 3 : 0)), value: (i * 13) % 29 };
  });
}

/** Readings in order, none broken. */
const orderly = (rows: number) => Array.from({ length: rows }, (_, i) => ({ sensor: `s${i % 3}`, at: 1000 * i, value: (i * 13) % 29 }));

const records = (rows: readonly Row[]) => jsonRecords(rows, { key: 'sensor', timestamp: 'at' });

/** No state but the ledger. */
export const stateless = (): Simulated => ({
  pipeline: definePipeline({
    name: 'stateless',
    sources: { events },
    sinks: { hot: topic('hot', { schema: summed }) },
    flow: (streams) => ({
      hot: flow(
        streams.events,
        filterRows(({ value }) => value.greaterThan(5)),
        withColumn('total', ({ value }) => value.times(2)),
      ),
    }),
  }),
  inputs: { events: [records(readings(200))] },
});

const windowed = schema(
  { sensor: required(category()), windowTime: timestamp(), readings: int64(), mean: float64(), high: float64() },
  { eventTime: 'windowTime', key: 'sensor' },
);

export const windows = (): Simulated => ({
  pipeline: definePipeline({
    name: 'windows',
    sources: { events: topic('events', { schema: event, allowedLateness: '2s' }) },
    sinks: { means: topic('means', { schema: windowed }) },
    flow: (streams) => ({
      means: flow(
        streams.events,
        dedupe({ key: 'sensor' }),
        tumblingWindow({
          size: '10s',
          key: 'sensor',
          aggregates: { readings: count(), mean: mean('value'), high: quantile('value', 0.9) },
        }),
      ) as never,
    }),
  }),
  inputs: { events: [records(readings(240))] },
});

const joined = schema(
  { sensor: required(category()), at: timestamp(), value: float64(), setting_value: float64() },
  { eventTime: 'at', key: 'sensor' },
);

export const joins = (): Simulated => ({
  pipeline: definePipeline({
    name: 'joins',
    sources: { events, settings: topic('settings', { schema: event }) },
    sinks: { joined: topic('joined', { schema: joined }) },
    flow: (streams) => ({
      joined: flow(streams.events, joinAsOf(streams.settings, { key: 'sensor', columns: ['value'], prefix: 'setting_' })),
    }),
  }),
  inputs: {
    events: [records(orderly(150))],
    settings: [records(Array.from({ length: 40 }, (_, i) => ({ sensor: `s${i % 3}`, at: 3700 * i, value: 100 + i })))],
  },
});

const forecast = schema(
  {
    sensor: required(category()),
    issuedAt: required(timestamp()),
    targetTime: required(timestamp()),
    prediction: float64(),
    baseline: float64(),
  },
  { eventTime: 'issuedAt', key: 'sensor' },
);

/** An online GRU on sequences, with lags and online standardization before it. */
export const recurrent = (): Simulated => ({
  pipeline: definePipeline({
    name: 'recurrent',
    sources: { events },
    sinks: { forecasts: topic('forecasts', { schema: forecast }) },
    flow: (streams) => ({
      forecasts: flow(
        streams.events,
        dedupe({ key: 'sensor' }),
        lag({ columns: ['value'], key: 'sensor', steps: [1] }),
        withColumn('measured', ({ value }) => value),
        withColumn('last', ({ value }) => value),
        standardize({ columns: ['value', 'valueLag1'], fill: 0 }),
        sequences({ columns: ['value', 'valueLag1'], key: 'sensor', length: 4, pad: true }),
        learn({
          estimator: () =>
            compile(sequential([gru(4), dense(1)], { inputShape: [4, 2] }), {
              loss: meanAbsoluteError(),
              optimizer: adam(),
              seed: 3,
              maxBatch: 8,
            }),
          features: 'sequence',
          target: 'measured',
          lead: '3s',
          batchRows: 8,
          baseline: persistence('last'),
          key: 'sensor',
        }),
      ) as never,
    }),
  }),
  inputs: { events: [records(orderly(200))] },
});

/** Two partitions, so two tasks, which share the sink's topic. `disturb` is a planted dependence on something else than rows. */
export const twoTasks = (disturb?: () => number): Simulated => ({
  pipeline: definePipeline({
    name: 'two-tasks',
    sources: { events: topic('events', { schema: event, partitions: 2 }) },
    sinks: { totals: topic('totals', { schema: summed, partitions: 2 }) },
    flow: (streams) => ({ totals: flow(streams.events, runningTotal(disturb)) }),
  }),
  inputs: { events: [records(readings(130, ['a', 'b'])), records(readings(110, ['c', 'd', 'e']))] },
});

/** The five pipelines that stand for all. */
export const simulatedPipelines: Readonly<Record<string, () => Simulated>> = {
  stateless,
  windows,
  joins,
  recurrent,
  'two tasks': () => twoTasks(),
};

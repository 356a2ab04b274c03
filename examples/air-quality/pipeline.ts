/**
 * Forecasts PM2.5 of six Beijing stations 1, 6 and 24 hours ahead, learning online from four years of hourly readings.
 *
 * Data: Beijing Multi-Site Air-Quality Data, Song Chen, UCI Machine Learning Repository, CC BY 4.0 (see data/README.md).
 * Run it with `npm start`; on Kafka with `npm start -- --brokers localhost:9092`.
 */
import { fileURLToPath } from 'node:url';
import { definePipeline, flow, replay, type StreamBatch, step } from 'millrace';
import { parquet, topic } from 'millrace/connectors';
import {
  adam,
  compile,
  concatenate,
  dense,
  gru,
  input,
  learn,
  meanAbsoluteError,
  model,
  persistence,
  type ScoreColumns,
  scoreSchema,
} from 'millrace/models';
import {
  calendarFeatures,
  column,
  dedupe,
  difference,
  impute,
  joinNeighbors,
  oneHot,
  oneOf,
  range,
  sequences,
  standardize,
  validate,
  withColumn,
} from 'millrace/operators';
import { Subject } from 'rxjs';
import { neighborDifferences, windComponents } from './features.ts';
import { forecast, POLLUTANTS, reading, STATIONS, WEATHER } from './schemas.ts';

const HOURS = 24;
const SENSORS = [...POLLUTANTS, ...WEATHER] as const;
const WIND = ['windEast', 'windNorth'] as const;
/** How much more PM2.5 each station has than the row's own. */
const NEIGHBORS = STATIONS.map((name) => `neighbor_${name}` as const);
const CHANGES = SENSORS.flatMap((name) => [`${name}Diff1`, `${name}Diff3`] as const);
const STATION_CHANGES = STATIONS.flatMap((name) => [`pm25_${name}Diff1`, `pm25_${name}Diff3`] as const);

/** Standardized online before the network sees them. */
const SCALED = [...SENSORS, ...WIND, ...NEIGHBORS, ...CHANGES, 'pm25Diff6', ...STATION_CHANGES] as const;
/** What the network sees of each of the last 24 hours. */
const HOURLY = ['pm25', 'temperature', 'pressure', 'dewPoint', ...WIND, ...NEIGHBORS] as const;
/** What it sees of the hour at hand. */
const NOW = [...SCALED, 'hourSin', 'hourCos', 'monthSin', 'monthCos', ...STATIONS.map((name) => `station_${name}` as const)] as const;

/** Forecasts of the three leads from the last hours, through a recurrent layer, and the hour at hand. */
function network() {
  const hours = input([HOURS, HOURLY.length]);
  const now = input([NOW.length]);
  const both = concatenate().apply(gru(32).apply(hours), dense(128, { activation: 'relu' }).apply(now));
  return compile(model({ inputs: [hours, now], outputs: [dense(3).apply(dense(64, { activation: 'relu' }).apply(both))] }), {
    loss: meanAbsoluteError(),
    optimizer: adam({ learningRate: (step) => 2e-3 / Math.sqrt(1 + step / 500) }),
    seed: 1,
  });
}

const readings = topic('readings', { schema: reading, partitions: 1 });
const file = fileURLToPath(new URL('./data/beijing-air.parquet', import.meta.url));

export const pipeline = definePipeline({
  name: 'air-quality',
  feeds: { replay: replay(parquet(file, { schema: reading }), { to: readings, speed: 'max' }) },
  sources: { readings },
  sinks: { forecasts: topic('forecasts', { schema: forecast }), scores: topic('scores', { schema: scoreSchema }) },
  rejects: 'rejects',
  flow: (streams) => {
    const scores = new Subject<StreamBatch<ScoreColumns>>();
    const forecasts = flow(
      streams.readings,
      validate({ station: oneOf(STATIONS), pm25: range(0, 2000), temperature: range(-60, 60) }),
      dedupe({ key: 'station' }),
      step('measured', {}, withColumn('pm25Measured', column('pm25'))),
      impute({ columns: SENSORS, key: 'station', method: 'last' }),
      calendarFeatures({ utcOffset: '8h', cycles: ['hour', 'month'] }),
      windComponents(),
      joinNeighbors({ key: 'station', keys: STATIONS, columns: ['pm25'] }),
      neighborDifferences(),
      difference({ columns: [...SENSORS, ...STATIONS.map((name) => `pm25_${name}` as const)], key: 'station', steps: [1, 3] }),
      step('change-6h', {}, difference({ columns: ['pm25'], key: 'station', steps: [6] })),
      oneHot({ column: 'station', values: STATIONS }),
      step('last', {}, withColumn('pm25Last', column('pm25'))),
      standardize({ columns: SCALED, clip: 6, fill: 0 }),
      step('hours', {}, sequences({ columns: HOURLY, key: 'station', length: HOURS, output: 'hours', pad: true })),
      step('now', {}, sequences({ columns: NOW, key: 'station', length: 1, output: 'now' })),
      learn({
        estimator: network,
        features: ['hours', 'now'],
        target: 'pm25Measured',
        lead: ['1h', '6h', '24h'],
        batchRows: 32,
        replay: { samples: 4096 },
        baseline: persistence('pm25Last'),
        key: 'station',
        scores,
      }),
    );
    return { forecasts, scores };
  },
});

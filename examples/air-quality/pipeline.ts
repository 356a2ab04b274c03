/**
 * Forecasts PM2.5 of six Beijing stations 1, 6 and 24 hours ahead, learning online from four years of hourly readings.
 *
 * Data: Beijing Multi-Site Air-Quality Data, Song Chen, UCI Machine Learning Repository, CC BY 4.0 (see data/README.md).
 * Run it with `npm start`; on Kafka with `npm start -- --brokers localhost:9092`.
 */
import { fileURLToPath } from 'node:url';
import { definePipeline, flow, replay, type StreamBatch } from 'millrace';
import { parquet, topic } from 'millrace/connectors';
import { adam, compile, dense, gru, learn, meanAbsoluteError, persistence, type ScoreColumns, sequential } from 'millrace/models';
import {
  calendarFeatures,
  column,
  dedupe,
  difference,
  impute,
  joinNeighbors,
  lag,
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
import { forecast, POLLUTANTS, reading, STATIONS, score, WEATHER } from './schemas.ts';

const HOURS = 24;
const SENSORS = [...POLLUTANTS, ...WEATHER] as const;
const NEIGHBORS = STATIONS.map((station) => `neighbor_${station}` as const);

/** Standardized online before the network sees them. */
const SCALED = [
  ...SENSORS,
  'windEast',
  'windNorth',
  'pm25Lag24',
  ...SENSORS.flatMap((sensor) => [`${sensor}Diff1`, `${sensor}Diff3`] as const),
  ...NEIGHBORS,
] as const;

/** What the network sees of each hour. */
const FEATURES = [...SCALED, 'hourSin', 'hourCos', 'monthSin', 'monthCos', ...STATIONS.map((name) => `station_${name}` as const)] as const;

const readings = topic('readings', { schema: reading, partitions: 1 });
const file = fileURLToPath(new URL('./data/beijing-air.parquet', import.meta.url));

export const pipeline = definePipeline({
  name: 'air-quality',
  feeds: { replay: replay(parquet(file, { schema: reading }), { to: readings, speed: 'max' }) },
  sources: { readings },
  sinks: { forecasts: topic('forecasts', { schema: forecast }), scores: topic('scores', { schema: score }) },
  rejects: 'rejects',
  flow: (streams) => {
    const scores = new Subject<StreamBatch<ScoreColumns>>();
    const forecasts = flow(
      streams.readings,
      validate({ station: oneOf(STATIONS), pm25: range(0, 2000), temperature: range(-60, 60) }),
      dedupe({ key: 'station' }),
      withColumn('pm25Measured', column('pm25')),
      impute({ columns: SENSORS, key: 'station', method: 'last' }),
      calendarFeatures({ utcOffset: '8h', cycles: ['hour', 'month'] }),
      windComponents(),
      lag({ columns: ['pm25'], key: 'station', steps: [24] }),
      difference({ columns: SENSORS, key: 'station', steps: [1, 3] }),
      joinNeighbors({ key: 'station', keys: STATIONS, columns: ['pm25'] }),
      neighborDifferences(),
      oneHot({ column: 'station', values: STATIONS }),
      withColumn('pm25Last', column('pm25')),
      standardize({ columns: SCALED, clip: 6, fill: 0 }),
      sequences({ columns: FEATURES, key: 'station', length: HOURS, pad: true }),
      learn({
        estimator: () =>
          compile(sequential([gru(32), dense(3)], { inputShape: [HOURS, FEATURES.length] }), {
            loss: meanAbsoluteError(),
            optimizer: adam({ learningRate: 2e-3 }),
            seed: 1,
            maxBatch: 64,
          }),
        features: 'sequence',
        target: 'pm25Measured',
        lead: ['1h', '6h', '24h'],
        batchRows: 32,
        baseline: persistence('pm25Last'),
        key: 'station',
        scores,
      }),
    );
    return { forecasts, scores };
  },
});

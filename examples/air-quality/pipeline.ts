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
  impute,
  joinNeighbors,
  lag,
  oneOf,
  range,
  sequences,
  standardize,
  validate,
  withColumn,
} from 'millrace/operators';
import { Subject } from 'rxjs';
import { forecast, POLLUTANTS, reading, STATIONS, score, WEATHER } from './schemas.ts';

const HOURS = 24;

/** What the network sees of each hour. */
const FEATURES = [
  ...POLLUTANTS,
  ...WEATHER,
  ...STATIONS.map((station) => `pm25_${station}` as const),
  'pm25Lag1',
  'pm25Lag24',
  'hourSin',
  'hourCos',
  'monthSin',
  'monthCos',
] as const;

const CYCLES = ['hourSin', 'hourCos', 'monthSin', 'monthCos'];
type Scaled = Exclude<(typeof FEATURES)[number], `${'hour' | 'month'}${'Sin' | 'Cos'}`>;
const SCALED = FEATURES.filter((name): name is Scaled => !CYCLES.includes(name));

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
      impute({ columns: [...POLLUTANTS, ...WEATHER], key: 'station', method: 'last' }),
      calendarFeatures({ utcOffset: '8h', cycles: ['hour', 'month'] }),
      lag({ columns: ['pm25'], key: 'station', steps: [1, 24] }),
      joinNeighbors({ key: 'station', keys: STATIONS, columns: ['pm25'] }),
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

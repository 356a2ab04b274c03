import { category, float64, schema, timestamp } from '../../columnar/index.ts';
import { topic } from '../../connectors/index.ts';
import { count, max, mean, min, range, tumblingWindow, validate } from '../../operators/index.ts';
import { definePipeline } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { PARTITIONS, readingsTopic } from './records.ts';

const result = schema(
  { sensor: category(), windowStart: timestamp(), mean: float64(), min: float64(), max: float64(), count: float64() },
  { eventTime: 'windowStart', key: 'sensor' },
);

/** J1: 10 s windows of event time by sensor. */
export const pipeline = definePipeline({
  name: 'bench-windows',
  sources: { readings: readingsTopic },
  sinks: { windows: topic('bench-windows', { schema: result, partitions: PARTITIONS }) },
  flow: ({ readings }) => ({
    windows: flow(
      readings,
      validate({ temp: range(-60, 100), humidity: range(0, 100) }),
      tumblingWindow({
        size: '10s',
        key: 'sensor',
        aggregates: { mean: mean('temp'), min: min('temp'), max: max('temp'), count: count() },
      }),
    ),
  }),
});

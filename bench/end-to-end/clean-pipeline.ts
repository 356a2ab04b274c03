import { boolean, category, float64, required, schema, timestamp } from '../../columnar/index.ts';
import { topic } from '../../connectors/index.ts';
import { range, validate, withColumn } from '../../operators/index.ts';
import { definePipeline } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { PARTITIONS, readingsTopic } from './records.ts';

const cleaned = schema(
  {
    ts: timestamp(),
    sensor: required(category()),
    temp: float64(),
    pressure: float64(),
    humidity: float64(),
    ok: boolean(),
    kelvin: float64(),
  },
  { eventTime: 'ts', key: 'sensor' },
);

/** One row out for every row in: the most that a commit can have to publish. */
export const pipeline = definePipeline({
  name: 'bench-clean',
  sources: { readings: readingsTopic },
  sinks: { cleaned: topic('bench-cleaned', { schema: cleaned, partitions: PARTITIONS }) },
  flow: ({ readings }) => ({
    cleaned: flow(
      readings,
      validate({ temp: range(-60, 100), humidity: range(0, 100) }),
      withColumn('kelvin', (row) => row.temp.plus(273.15)),
    ),
  }),
});

/** The main job on its first three months, as a pipeline file for `millrace run`. */
import { fileURLToPath } from 'node:url';
import { type Pipeline, replay } from 'millrace';
import { parquet, type TopicDefinition } from 'millrace/connectors';
import { pipeline as whole } from '../../../examples/air-quality/pipeline.ts';
import { reading } from '../../../examples/air-quality/schemas.ts';

const file = fileURLToPath(new URL('../../../examples/air-quality/data/beijing-air.parquet', import.meta.url));
const until = process.env.MILLRACE_SLICE_UNTIL ?? '2013-06-01';
const readings = whole.sources.readings as TopicDefinition<never>;

export const pipeline: Pipeline = {
  ...whole,
  feeds: { replay: replay(parquet(file, { schema: reading, until }) as never, { to: readings }) },
};

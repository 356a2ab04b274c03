import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const from = (path: string) => JSON.stringify(pathToFileURL(join(ROOT, path)).href);

/** What a user changes in a pipeline file between two runs. */
export interface Variant {
  readonly columns: readonly string[];
  readonly leads: readonly string[];
}

/** A pipeline file that learns online: standardized columns as sequences into a recurrent network with one output per lead. */
export const pipelineText = ({ columns, leads }: Variant) => `
import { definePipeline, flow, step } from ${from('index.ts')};
import { topic } from ${from('connectors/index.ts')};
import { category, float64, required, schema, timestamp } from ${from('columnar/index.ts')};
import { lag, sequences, standardize, withColumn } from ${from('operators/index.ts')};
import { learn, persistence } from ${from('models/index.ts')};
import { event } from ${from('test/pipeline/example-pipelines.ts')};
import { network } from ${from('test/cli/changed-network.ts')};

const columns = ${JSON.stringify(columns)};
const leads = ${JSON.stringify(leads)};
const forecast = schema(
  { sensor: required(category()), issuedAt: required(timestamp()), targetTime: required(timestamp()), prediction: float64(), baseline: float64() },
  { eventTime: 'issuedAt', key: 'sensor' },
);

export const pipeline = definePipeline({
  name: 'changing',
  sources: { events: topic('events', { schema: event }) },
  sinks: { forecasts: topic('forecasts', { schema: forecast }) },
  flow: ({ events }) => ({
    forecasts: flow(
      events,
      step('before', {}, lag({ columns: ['value'], key: 'sensor', steps: [1] })),
      withColumn('measured', ({ value }) => value),
      step('scale', {}, standardize({ columns, fill: 0 })),
      step('past', {}, sequences({ columns, key: 'sensor', length: 4, pad: true })),
      step('forecast', {}, learn({
        estimator: () => network(columns.length, leads.length),
        features: 'sequence', target: 'measured', lead: leads, batchRows: 8, baseline: persistence('measured'), key: 'sensor',
      })),
    ),
  }),
});
`;

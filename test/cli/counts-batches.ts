/** A pipeline with a defect: the totals of test/pipeline, with the number of rows of the batch in the place of each value. `millrace check --reslice` has to find it. */
import { definePipeline, float64Data, flow, mapBatch, type Pipeline, withColumns } from 'millrace';
import { topic } from 'millrace/connectors';
import { type EventColumns, event } from '../pipeline/example-pipelines.ts';

export const pipeline: Pipeline = definePipeline({
  name: 'counts-batches',
  sources: { events: topic('events', { schema: event }) },
  sinks: { counts: topic('counts', { schema: event }) },
  flow: ({ events }) => ({
    counts: flow(
      events,
      mapBatch<EventColumns, EventColumns>('count', (batch) =>
        withColumns(batch, { value: float64Data(new Float64Array(batch.numRows).fill(batch.numRows)) }),
      ),
    ),
  }),
});

import { topic } from '../../connectors/index.ts';
import { definePipeline } from '../../pipeline/index.ts';
import { flow } from '../../streams/index.ts';
import { event, runningTotal, summed } from './example-pipelines.ts';

export const PARTITIONS = 4;

/** Running totals over four partitions: worker threads import it. */
export const pipeline = definePipeline({
  name: 'partitioned',
  sources: { events: topic('events', { schema: event, partitions: PARTITIONS }) },
  sinks: { totals: topic('totals', { schema: summed, partitions: PARTITIONS }) },
  flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
});

/** A pipeline over four partitions for processes of one group: `NAME-a.events` and, when it appears, `NAME-b.events` -> running totals -> `NAME.totals`. MILLRACE_NAME names it. */
import { topic } from 'millrace/connectors';
import { definePipeline, type Pipeline } from '../../../pipeline/index.ts';
import { flow } from '../../../streams/index.ts';
import { event, runningTotal, summed } from '../example-pipelines.ts';

export const GROUP_PARTITIONS = 4;

export function groupPipeline(name: string): Pipeline {
  return definePipeline({
    name,
    sources: { events: topic(new RegExp(`${name}-[ab].events`), { schema: event }) },
    sinks: { totals: topic(`${name}.totals`, { schema: summed, partitions: GROUP_PARTITIONS }) },
    flow: ({ events }) => ({ totals: flow(events, runningTotal()) }),
  });
}

export const pipeline = groupPipeline(process.env.MILLRACE_NAME ?? 'unnamed');

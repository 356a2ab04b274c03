import { topic } from '../../../connectors/index.ts';
import { dedupe, standardize } from '../../../operators/index.ts';
import { definePipeline, type Pipeline } from '../../../pipeline/index.ts';
import { jsonRecords } from '../../../pipeline/testing.ts';
import { flow } from '../../../streams/index.ts';
import { event, runningTotal, summed } from '../example-pipelines.ts';

/**
 * `NAME.events` -> dedupe, standardize, running totals -> `NAME.totals`, all with state, so that a lost, doubled or reordered row shows in every row after it. A broken record now and then
 * goes to the rejects.
 */
export function chaosPipeline(name: string): Pipeline {
  return definePipeline({
    name,
    sources: { events: topic(`${name}.events`, { schema: event }) },
    sinks: { totals: topic(`${name}.totals`, { schema: summed }) },
    flow: ({ events }) => ({
      totals: flow(events, dedupe({ key: 'sensor' }), runningTotal(), standardize({ columns: ['value'] })) as never,
    }),
  });
}

/** Records `from` to `to` of the input, always the same. */
export function chaosRecords(from: number, to: number) {
  const rows = Array.from({ length: to - from }, (_, row) => {
    const number = from + row;
    if (number % 101 === 100) return '{"sensor":"broken"';
    return { sensor: `s${number % 17}`, at: 1000 * (number - (number % 53 === 52 ? 17 : 0)), value: (number * 7919) % 1000 };
  });
  return jsonRecords(rows, { key: 'sensor', timestamp: 'at' });
}

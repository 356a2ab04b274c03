import type { Sink, SinkDefinition, SourceDefinition } from '../../../connectors/index.ts';
import { definePipeline, type Pipeline } from '../../../pipeline/index.ts';
import { flow } from '../../../streams/index.ts';
import { type EventColumns, runningTotal } from '../example-pipelines.ts';

/** How far a source is ahead of a sink. */
export interface Backlog {
  /** Rows that the source has handed out. */
  read: number;
  /** Rows that the sink has taken. */
  written: number;
  /** The most rows that were between them. */
  most: number;
}

/** The source, with the rows that it hands out counted. */
export function countedSource(source: SourceDefinition<EventColumns>, backlog: Backlog): SourceDefinition<EventColumns> {
  return {
    ...source,
    create: () => {
      const inner = source.create();
      return {
        schema: inner.schema,
        open: (...place) => inner.open(...place),
        next: async (budget) => {
          const batch = await inner.next(budget);
          if (typeof batch !== 'string') backlog.read += batch.batch.numRows;
          backlog.most = Math.max(backlog.most, backlog.read - backlog.written);
          return batch;
        },
        close: () => inner.close(),
      };
    },
  };
}

/** A sink that takes a batch and then needs `rest` before it takes the next. */
export function slowSink(backlog: Backlog, rest: () => Promise<unknown>): SinkDefinition<never> {
  const nothing = async () => {};
  const create = (): Sink<never> => ({
    open: nothing,
    write: async ({ batch }) => {
      await rest();
      backlog.written += batch.numRows;
    },
    prepare: nothing,
    commit: nothing,
    recover: nothing,
    close: nothing,
  });
  return { kind: 'sink', name: 'slow', create };
}

/** Running totals from a source to a sink that is slower than it. */
export function slowPipeline(source: SourceDefinition<EventColumns>, backlog: Backlog, rest: () => Promise<unknown>): Pipeline {
  return definePipeline({
    name: 'slow',
    sources: { events: countedSource(source, backlog) },
    sinks: { slow: slowSink(backlog, rest) as never },
    flow: ({ events }) => ({ slow: flow(events, runningTotal()) as never }),
  });
}

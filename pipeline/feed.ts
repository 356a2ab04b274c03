import type { TypeMap } from '../columnar/index.ts';
import type { SourceDefinition } from '../connectors/index.ts';
import { definePipeline, type FeedDefinition, type Pipeline } from './definition.ts';

/** Name of the task that runs a feed. */
export const feedName = (pipeline: string, feed: string) => `${pipeline}.feed.${feed}`;

/**
 * A feed as a pipeline of its own: its source copied into a topic, with positions, epochs and rejects as any other. `paced` slows the source down to the feed's speed.
 */
export function feedPipeline(
  pipeline: Pipeline,
  name: string,
  feed: FeedDefinition,
  paced: (source: SourceDefinition<TypeMap>) => SourceDefinition<TypeMap>,
): Pipeline {
  return definePipeline({
    name: feedName(pipeline.name, name),
    sources: { rows: paced(feed.from) },
    sinks: { topic: feed.to },
    rejects: pipeline.rejects,
    flow: ({ rows }) => ({ topic: rows }),
  });
}

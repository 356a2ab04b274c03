import { definePipeline, type FeedDefinition, type Pipeline } from './definition.ts';

/** Name of the task that runs a feed. */
export const feedName = (pipeline: string, feed: string) => `${pipeline}.feed.${feed}`;

/** A feed as a pipeline of its own: its source copied into a topic, with positions, epochs and rejects as any other. */
export function feedPipeline(pipeline: Pipeline, name: string, feed: FeedDefinition): Pipeline {
  return definePipeline({
    name: feedName(pipeline.name, name),
    sources: { rows: feed.from },
    sinks: { topic: feed.to },
    rejects: pipeline.rejects,
    flow: ({ rows }) => ({ topic: rows }),
  });
}

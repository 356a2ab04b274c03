import type { Home, TopicSettings } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { checkWhole, isBroadcast } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import { handoverPartitions } from './handover.ts';
import { type FoundTopics, findTopics, topicsOf, withFoundTopics } from './input-topics.ts';

/** How many tasks a pipeline has, how many partitions each topic that it reads or writes, and the topics that its patterns match. */
export interface TaskPlan {
  readonly tasks: number;
  readonly partitions: ReadonlyMap<string, number>;
  readonly found: FoundTopics;
  /** The pipeline with these topics in place of its patterns. */
  readonly pipeline: Pipeline;
}

/**
 * Creates the topics that do not exist yet, and finds the number of tasks: one per partition number of the inputs.
 *
 * @throws MillraceError INVALID_PIPELINE when inputs have unequal partition counts: their rows could not be joined. UNKNOWN_TOPIC when a pattern matches nothing.
 */
export async function planPartitions(home: Home, definition: Pipeline): Promise<TaskPlan> {
  const partitions = new Map<string, number>();
  const ensure = async ({ name, ...settings }: { readonly name: string } & TopicSettings) => {
    const { partitions: count } = await home.topics.ensure(name, settingsOf(settings));
    partitions.set(name, count);
    return count;
  };
  const feeds = Object.values(definition.feeds);
  // Before patterns are looked up: a feed may fill a topic that one of them matches.
  for (const feed of feeds) await ensure(feed.to);
  const found = await findTopics(home, definition);
  const pipeline = withFoundTopics(definition, found);
  const counts = new Map<string, number>();
  for (const [name, source] of Object.entries<Input>(pipeline.sources)) {
    if (source.kind === 'handover') counts.set(name, await handoverPartitions(source, await ensure(source.live)));
    else if (source.kind === 'topics') for (const topic of topicsOf(source)) counts.set(topic.name, await ensure(topic));
    else {
      const count = source.kind === 'topic' ? await ensure(source) : await source.partitions();
      if (isBroadcast(source)) checkWhole(name, count);
      else counts.set(name, count);
    }
  }
  checkCounts(counts);
  for (const sink of Object.values(pipeline.sinks)) if (sink.kind === 'topic') await ensure(sink);
  await ensure({ name: pipeline.rejects, partitions: 1 });
  return { tasks: counts.values().next().value ?? 1, partitions, found, pipeline };
}

/** Of a topic's definition, what its creation takes. */
const settingsOf = ({ partitions, retentionMs, compacted }: TopicSettings): TopicSettings => ({
  partitions,
  ...(retentionMs === undefined ? {} : { retentionMs }),
  ...(compacted === undefined ? {} : { compacted }),
});

function checkCounts(counts: ReadonlyMap<string, number>): void {
  if (new Set(counts.values()).size <= 1) return;
  const list = [...counts].map(([name, count]) => `${name} has ${count}`).join(', ');
  throw new MillraceError('INVALID_PIPELINE', `the inputs have unequal partition counts: ${list}`, {
    hint: 'give their topics equally many partitions, repartition one of them through a topic, or broadcast one that every task is to read whole',
  });
}

import type { Home, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { Pipeline } from './definition.ts';
import { handoverPartitions } from './handover.ts';

/** How many tasks a pipeline has, and how many partitions each topic that it writes. */
export interface TaskPlan {
  readonly tasks: number;
  readonly partitions: ReadonlyMap<string, number>;
}

/**
 * Creates the topics that do not exist yet, and finds the number of tasks: one per partition number of the inputs.
 *
 * @throws MillraceError INVALID_PIPELINE when inputs have unequal partition counts: their rows could not be joined.
 */
export async function planPartitions(home: Home, pipeline: Pipeline): Promise<TaskPlan> {
  const partitions = new Map<string, number>();
  const ensure = async (topic: Pick<TopicDefinition<never>, 'name' | 'partitions'>) => {
    const settings = await home.topics.ensure(topic.name, { partitions: topic.partitions });
    partitions.set(topic.name, settings.partitions);
    return settings.partitions;
  };
  const counts = new Map<string, number>();
  for (const [name, source] of Object.entries(pipeline.sources)) {
    if (source.kind === 'handover') counts.set(name, await handoverPartitions(source, await ensure(source.live)));
    else counts.set(name, source.kind === 'topic' ? await ensure(source) : await source.partitions());
  }
  if (new Set(counts.values()).size > 1) {
    const list = [...counts].map(([name, count]) => `${name} has ${count}`).join(', ');
    throw new MillraceError('INVALID_PIPELINE', `the inputs have unequal partition counts: ${list}`, {
      hint: 'give their topics equally many partitions, or repartition one of them through a topic',
    });
  }
  for (const sink of Object.values(pipeline.sinks)) if (sink.kind === 'topic') await ensure(sink);
  for (const feed of Object.values(pipeline.feeds)) await ensure(feed.to);
  await ensure({ name: pipeline.rejects, partitions: 1 });
  return { tasks: counts.values().next().value ?? 1, partitions };
}

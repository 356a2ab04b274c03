import type { TypeMap } from '../columnar/index.ts';
import type { Home, TopicDefinition, TopicSettings } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { checkWhole, isBroadcast } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import { checkHandover } from './handover.ts';
import { type FoundTopics, findTopics, topicsOf, withFoundTopics } from './input-topics.ts';
import { JOURNAL_TOPIC_BYTES, journalTopic } from './journal-spans.ts';

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
 * @param options.journal bytes that journals are limited to where their topic is made; false for a run that keeps none
 * @throws MillraceError INVALID_PIPELINE when inputs have unequal partition counts: their rows could not be joined. UNKNOWN_TOPIC when a pattern matches nothing.
 */
export async function planPartitions(
  home: Home,
  definition: Pipeline,
  { journal = JOURNAL_TOPIC_BYTES }: { readonly journal?: number | false } = {},
): Promise<TaskPlan> {
  const partitions = new Map<string, number>();
  const ensure = async ({ name, ...settings }: { readonly name: string } & TopicSettings) => {
    const { partitions: count } = await home.topics.ensure(name, settingsOf(settings));
    partitions.set(name, count);
    return count;
  };
  const feeds = Object.values(definition.feeds);
  // Before patterns are looked up: a feed may fill a topic that one of them matches.
  await Promise.all(feeds.map((feed) => ensure(feed.to)));
  const found = await findTopics(home, definition);
  const pipeline = withFoundTopics(definition, found);
  const counted = await Promise.all(Object.entries<Input>(pipeline.sources).map(([name, source]) => countsOf(name, source, ensure)));
  const counts = new Map(counted.flat());
  checkCounts(counts);
  const written = Object.values(pipeline.sinks).flatMap((sink) => (sink.kind === 'topic' ? [sink] : []));
  const own = [
    { name: pipeline.rejects, partitions: 1 },
    ...(journal === false ? [] : [{ name: journalTopic(pipeline.name), partitions: 1, retentionBytes: journal }]),
  ];
  await Promise.all([...written, ...own].map(ensure));
  return { tasks: counts.values().next().value ?? 1, partitions, found, pipeline };
}

/** Partitions of the streams of one input that tasks share; none of an input that every task reads whole. */
async function countsOf(
  name: string,
  source: Input,
  ensure: (topic: TopicDefinition<TypeMap>) => Promise<number>,
): Promise<readonly (readonly [stream: string, partitions: number])[]> {
  if (source.kind === 'handover' || source.kind === 'topics') {
    const counts = await Promise.all(topicsOf(source).map(async (topic) => [topic.name, await ensure(topic)] as const));
    if (source.kind === 'handover') await checkHandover(source, counts[0]?.[1] ?? 1);
    return counts;
  }
  const count = source.kind === 'topic' ? await ensure(source) : await source.partitions();
  if (!isBroadcast(source)) return [[name, count]];
  checkWhole(name, count);
  return [];
}

/** Of a topic's definition, what its creation takes. */
const settingsOf = ({ partitions, retentionMs, retentionBytes, compacted }: TopicSettings): TopicSettings => ({
  partitions,
  ...(retentionMs === undefined ? {} : { retentionMs }),
  ...(retentionBytes === undefined ? {} : { retentionBytes }),
  ...(compacted === undefined ? {} : { compacted }),
});

function checkCounts(counts: ReadonlyMap<string, number>): void {
  if (new Set(counts.values()).size <= 1) return;
  const list = [...counts].map(([name, count]) => `${name} has ${count}`).join(', ');
  throw new MillraceError('INVALID_PIPELINE', `the inputs have unequal partition counts: ${list}`, {
    hint: 'give their topics equally many partitions, repartition one of them through a topic, or broadcast one that every task is to read whole',
  });
}

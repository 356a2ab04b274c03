import type { TypeMap } from '../columnar/index.ts';
import type { Home, TopicDefinition, TopicsDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { Input, Pipeline } from './definition.ts';
import { journalTopic } from './journal-spans.ts';

/** The topics that each input with a pattern reads, by the input's name. */
export type FoundTopics = Readonly<Record<string, readonly string[]>>;

/** The topics that an input reads, as far as they are known; those of a pattern are after {@link withFoundTopics}. */
export function topicsOf(input: Input): readonly TopicDefinition<TypeMap>[] {
  if (input.kind === 'topic') return [input];
  if (input.kind === 'topics') return membersOf(input);
  return input.kind === 'handover' ? topicsOf(input.live) : [];
}

/** The topics of a list, in the order of their names. */
export const membersOf = <T extends TypeMap>({ names, each }: TopicsDefinition<T>): readonly TopicDefinition<T>[] =>
  names.map((name) => ({ ...each, name }));

/**
 * Looks up the topics that match the patterns of a pipeline's inputs. What the pipeline itself writes is none of its inputs.
 *
 * @throws MillraceError UNKNOWN_TOPIC when a pattern matches none.
 */
export async function findTopics(home: Home, pipeline: Pipeline): Promise<FoundTopics> {
  const patterns = Object.entries<Input>(pipeline.sources).flatMap(([input, source]) =>
    source.kind === 'topics' && source.pattern !== undefined ? [{ input, pattern: source.pattern }] : [],
  );
  if (patterns.length === 0) return {};
  const own = ownTopics(pipeline);
  const names = (await home.topics.names()).filter((name) => !own.has(name));
  return Object.fromEntries(patterns.map(({ input, pattern }) => [input, matching(input, pattern, names)]));
}

function matching(input: string, pattern: RegExp, names: readonly string[]): readonly string[] {
  // Flags such as g would make it remember where it was.
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''));
  const found = names.filter((name) => whole.test(name)).toSorted();
  if (found.length > 0) return found;
  throw new MillraceError('UNKNOWN_TOPIC', `no topic matches ${pattern}, the pattern of input '${input}'`, {
    hint: 'publish something first; the pattern has to match the whole name',
  });
}

/** Topics that a pipeline writes: its journal and, in Kafka, its commit records and snapshots among them. */
function ownTopics(pipeline: Pipeline): ReadonlySet<string> {
  const sinks = Object.values(pipeline.sinks).flatMap((sink) => (sink.kind === 'topic' ? [sink.name] : []));
  return new Set([...sinks, pipeline.rejects, journalTopic(pipeline.name), `${pipeline.name}.epochs`, `${pipeline.name}.snapshots`]);
}

/** The pipeline with its patterns replaced by the topics that were found. */
export function withFoundTopics(pipeline: Pipeline, found: FoundTopics): Pipeline {
  const sources = Object.entries<Input>(pipeline.sources).map(([input, source]): [string, Input] => {
    const names = found[input];
    return [input, source.kind === 'topics' && names !== undefined ? { ...source, names } : source];
  });
  return { ...pipeline, sources: Object.fromEntries(sources) };
}

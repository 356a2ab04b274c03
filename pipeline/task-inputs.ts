import type { TypeMap } from '../columnar/index.ts';
import type { CommitRecord, Home, Position, Snapshot, Source, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { isBroadcast, partitionFor } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import { HandoverSource } from './handover.ts';
import { membersOf, topicsOf } from './input-topics.ts';

/** A source of a task and where it begins. */
export interface InputPlace {
  /** The pipeline's input. */
  readonly name: string;
  /** Given for one of several topics that make up the input. */
  readonly topic?: string;
  readonly source: Source<TypeMap>;
  /** The partition of the source that the task reads. */
  readonly partition: number;
  /** Another task reads it as well, and publishes what of it is rejected. */
  readonly rejectedElsewhere: boolean;
  /** Undefined: at the beginning. */
  readonly position: Position | undefined;
  readonly allowedLateness: number;
}

/** The sources of a task: one per input, and one per topic of an input that reads several. */
export function inputPlaces(pipeline: Pipeline, home: Home, task: number, snapshot: Snapshot | undefined): readonly InputPlace[] {
  return Object.entries<Input>(pipeline.sources).flatMap(([name, input]): readonly InputPlace[] => {
    const common = {
      name,
      allowedLateness: input.allowedLateness,
      partition: partitionFor(input, task),
      rejectedElsewhere: isBroadcast(input) && task > 0,
    };
    const position = snapshot === undefined ? undefined : (snapshot.positions[name] ?? {});
    if (input.kind !== 'topics') return [{ ...common, source: createSource(input, home, pipeline.name), position }];
    return membersOf(input).map((member): InputPlace => {
      const { [member.name]: offset } = position ?? {};
      const source = home.source(snapshot === undefined ? member : metLater(member), pipeline.name);
      return { ...common, topic: member.name, source, position: offset === undefined ? undefined : { [member.name]: offset } };
    });
  });
}

function createSource(input: Exclude<Input, { kind: 'topics' }>, home: Home, group: string): Source<TypeMap> {
  if (input.kind === 'handover') return new HandoverSource(input, home.source(input.live, group));
  return input.kind === 'topic' ? home.source(input, group) : input.create();
}

/** A topic that joins a pipeline which runs already is read from its oldest record: what came before it was noticed would be lost otherwise. */
const metLater = <T extends TypeMap>(topic: TopicDefinition<T>): TopicDefinition<T> =>
  topic.startAt === 'latest' ? { ...topic, startAt: 'earliest' } : topic;

/**
 * The commit record without topics that an input of several has lost since: they were deleted, or taken from the list.
 *
 * @throws MillraceError SOURCE_FAILED when their rows would have to be read again.
 */
export function withoutLostTopics(pipeline: Pipeline, record: CommitRecord, snapshot: Snapshot | undefined): CommitRecord {
  const positions = { ...record.positions };
  for (const [name, input] of Object.entries<Input>(pipeline.sources)) {
    if (input.kind !== 'topics') continue;
    const known = new Set(topicsOf(input).map((topic) => topic.name));
    const lost = Object.keys(record.positions[name] ?? {}).filter((topic) => !known.has(topic));
    for (const topic of lost) checkReadAgain(topic, record.positions[name]?.[topic] ?? 0, snapshot?.positions[name]?.[topic] ?? 0);
    const kept = Object.entries(record.positions[name] ?? {}).filter(([topic]) => known.has(topic));
    positions[name] = Object.fromEntries(kept);
  }
  if (record.digestAt === undefined) return { ...record, positions };
  const digestPositions = Object.entries(record.digestAt.positions).map(([name, position]) => {
    const kept = Object.entries(position).filter(([stream]) => positions[name]?.[stream] !== undefined);
    return [name, pipeline.sources[name]?.kind === 'topics' ? Object.fromEntries(kept) : position];
  });
  return { ...record, positions, digestAt: { ...record.digestAt, positions: Object.fromEntries(digestPositions) } };
}

function checkReadAgain(topic: string, committed: number, stored: number): void {
  if (stored >= committed) return;
  throw new MillraceError(
    'SOURCE_FAILED',
    `topic '${topic}' is no input any more, but its records ${stored} to ${committed - 1} have to be read again`,
    {
      hint: 'stop the pipeline in order before a topic is deleted or taken from its list, or begin anew with --fresh',
    },
  );
}

import type { TypeMap } from '../columnar/index.ts';
import type { CommitRecord, Home, Position, Snapshot, Source, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import { isBroadcast, partitionFor } from './broadcast.ts';
import type { Input, Pipeline } from './definition.ts';
import type { HandoverDefinition } from './handover.ts';
import { handoverPlaces } from './handover-places.ts';
import { membersOf, topicsOf } from './input-topics.ts';

/** A source of a task and where it begins. */
export interface InputPlace {
  /** The pipeline's input. */
  readonly name: string;
  /** Given for one of several topics that make up the input. */
  readonly topic?: string;
  /** Key of the place that has to end before this one has its turn. */
  readonly follows?: string;
  readonly source: Source<TypeMap>;
  /** The partition of the source that the task reads. */
  readonly partition: number;
  /** Another task reads it as well, and publishes what of it is rejected. */
  readonly rejectedElsewhere: boolean;
  /** Undefined: at the beginning. */
  readonly position: Position | undefined;
  readonly allowedLateness: number;
}

/** What the places of one input have in common. */
type CommonPlace = Pick<InputPlace, 'name' | 'allowedLateness' | 'partition' | 'rejectedElsewhere'>;

/** Tells a task's places apart: an input that is one source goes by its own name. */
export const placeKey = ({ name, topic }: Pick<InputPlace, 'name' | 'topic'>): string => (topic === undefined ? name : `${name}/${topic}`);

/** Which task's sources are wanted, and where it is. */
export interface PlacesWanted {
  readonly pipeline: Pipeline;
  readonly home: Home;
  readonly task: number;
  readonly snapshot: Snapshot | undefined;
  /** How far the task has been before: beyond the snapshot, it may be in another part of a handover. */
  readonly committed: CommitRecord['positions'] | undefined;
}

/** The sources of a task: one per input, one per topic of an input that reads several, and one for the history of a handover. */
export async function inputPlaces({ pipeline, home, task, snapshot, committed }: PlacesWanted): Promise<readonly InputPlace[]> {
  const places: InputPlace[] = [];
  for (const [name, input] of Object.entries<Input>(pipeline.sources)) {
    const common: CommonPlace = {
      name,
      allowedLateness: input.allowedLateness,
      partition: partitionFor(input, task),
      rejectedElsewhere: isBroadcast(input) && task > 0,
    };
    const position = snapshot === undefined ? undefined : (snapshot.positions[name] ?? {});
    const source = (topic: TopicDefinition<TypeMap>) => home.source(topic, pipeline.name);
    if (input.kind === 'handover')
      places.push(...(await placesOfHandover(input, common, { position, committed: committed?.[name] }, source)));
    else if (input.kind === 'topics') {
      for (const member of membersOf(input)) {
        const met = snapshot === undefined ? member : metLater(member);
        places.push({ ...common, topic: member.name, source: source(met), position: positionIn(member.name, position?.[member.name]) });
      }
    } else places.push({ ...common, source: input.kind === 'topic' ? source(input) : input.create(), position });
  }
  return places;
}

const positionIn = (topic: string, offset: number | undefined): Position | undefined =>
  offset === undefined ? undefined : { [topic]: offset };

/** Name of a history among the places of its input; no topic can have it. */
const HISTORY = '[history]';

async function placesOfHandover(
  input: HandoverDefinition,
  common: CommonPlace,
  where: { readonly position: Position | undefined; readonly committed: Position | undefined },
  source: (topic: TopicDefinition<TypeMap>) => Source<TypeMap>,
): Promise<readonly InputPlace[]> {
  const { history, past, live } = await handoverPlaces(input, { partition: common.partition, ...where });
  const first: InputPlace | undefined = history === undefined ? undefined : { ...common, ...history, topic: HISTORY };
  const then = topicsOf(input).map(
    (topic, index): InputPlace => ({
      ...common,
      ...(input.live.kind === 'topics' ? { topic: topic.name } : {}),
      // What the history does not hold is read from its oldest record on.
      source: source(metLater(topic)),
      position: index === 0 ? { ...past, ...positionIn(topic.name, live.get(topic.name)) } : positionIn(topic.name, live.get(topic.name)),
      ...(first === undefined ? {} : { follows: placeKey(first) }),
    }),
  );
  return first === undefined ? then : [first, ...then];
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

import { type BatchSchema, describeSchema, type TypeMap } from '../columnar/index.ts';
import type { ArchivedEnd, Position, Source, SourceDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';
import type { HandoverDefinition } from './handover.ts';
import { HistorySource } from './history-source.ts';
import { topicsOf } from './input-topics.ts';

/** What a task reads of a handover. */
export interface HandoverPlaces {
  /** Absent where the run has gone live already, or where the history holds nothing of this partition. */
  readonly history: { readonly source: Source<TypeMap>; readonly partition: number; readonly position: Position | undefined } | undefined;
  /** How far the history was read by a run that has gone live: its positions stay beside those of the topics. */
  readonly past: Position;
  /** By topic: where it is begun once the history has ended; undefined: at its oldest record. */
  readonly live: ReadonlyMap<string, number | undefined>;
}

/** By topic of one partition: the first offset that the history does not hold; undefined for one of which it holds nothing. */
type Ends = ReadonlyMap<string, number | undefined>;

/** Where a task is in a handover. */
export interface HandoverState {
  readonly partition: number;
  /** Of the snapshot that it is restored from. */
  readonly position: Position | undefined;
  /** Of its newest commit, from which on the history is what it was then: files that it has got since are none of it. */
  readonly committed: Position | undefined;
}

/** Finds where a task is in a handover, and where its topics take over. */
export async function handoverPlaces(
  definition: HandoverDefinition,
  { partition, position, committed }: HandoverState,
): Promise<HandoverPlaces> {
  const topics = topicsOf(definition).map(({ name }) => name);
  if (topics.some((topic) => position?.[topic] !== undefined)) {
    const past = Object.fromEntries(Object.entries(position ?? {}).filter(([stream]) => !topics.includes(stream)));
    return { history: undefined, past, live: new Map(topics.map((topic) => [topic, position?.[topic]])) };
  }
  checkSchema(definition);
  const read = Object.keys(committed ?? {}).filter((stream) => !topics.includes(stream));
  const among = read.length === 0 ? undefined : read;
  // It had gone live without any history of this partition.
  if (among === undefined && definition.at === undefined && topics.some((topic) => committed?.[topic] !== undefined)) {
    return { history: undefined, past: {}, live: new Map(topics.map((topic) => [topic, undefined])) };
  }
  const live = await endsOf(definition, { topics, partition, among });
  const part = await partOf(definition, partition, among);
  if (part === undefined) {
    if (Object.keys(position ?? {}).length > 0)
      throw new MillraceError('SOURCE_FAILED', `${definition.history.name} does not hold the files any more that were read before`);
    return { history: undefined, past: {}, live };
  }
  const source = new HistorySource(part.definition.create(), topics, () => checkUnchanged(definition, { topics, partition, among }, live));
  return { history: { source, partition: part.partition, position }, past: {}, live };
}

interface Part {
  readonly definition: SourceDefinition<TypeMap>;
  readonly partition: number;
}

/** The part of the history that a task reads: a partition of it or, of an archive, the files of the partition. */
async function partOf(
  { history, at }: HandoverDefinition,
  partition: number,
  among: readonly string[] | undefined,
): Promise<Part | undefined> {
  const whole = { definition: history, partition };
  const files = (await history.partitions()) === 1 ? history.archivedPart : undefined;
  if (files === undefined) return whole;
  // Offsets that are given are for files that tell nothing; of one partition there is nothing to tell.
  if (at !== undefined && Object.values(at).every((offsets) => offsets.length === 1)) return whole;
  const definition = await files(partition, among);
  return definition === undefined ? undefined : { definition, partition: 0 };
}

/** What the end of a history is asked for. */
interface EndsWanted {
  readonly topics: readonly string[];
  readonly partition: number;
  /** Streams of a history that may have grown since. */
  readonly among: readonly string[] | undefined;
}

async function endsOf({ history, at }: HandoverDefinition, { topics, partition, among }: EndsWanted): Promise<Ends> {
  if (at !== undefined) return new Map(topics.map((topic) => [topic, at[topic]?.[partition]]));
  const give = 'give the first offset of each topic that the history does not hold: handover(history, topic, { at })';
  if (history.archivedEnd === undefined)
    throw new MillraceError('INVALID_OPTION', `${history.name} cannot tell where it ends in a topic`, { hint: give });
  const ends = await history.archivedEnd(among);
  const foreign = Object.keys(ends).filter((topic) => !topics.includes(topic));
  if (foreign.length > 0 || topics.every((topic) => ends[topic] === undefined)) {
    throw new MillraceError('INVALID_OPTION', `${history.name} holds rows of ${heldBy(ends)}, which is not only ${topics.join(', ')}`, {
      hint: give,
    });
  }
  return new Map(topics.map((topic) => [topic, ends[topic]?.[partition]]));
}

function heldBy(ends: ArchivedEnd): string {
  const held = Object.entries(ends).flatMap(([topic, partitions]) => Object.keys(partitions).map((number) => `${topic}/${number}`));
  return held.length === 0 ? 'no topic' : held.join(', ');
}

function checkSchema({ history, live }: HandoverDefinition): void {
  const columns = (schema: BatchSchema) => describeSchema(schema).join(', ');
  const [past, next] = [columns(history.schema), columns(live.schema)];
  if (past === next) return;
  throw new MillraceError('SCHEMA_MISMATCH', `${history.name} has (${past}), topic '${live.name}' has (${next})`, {
    hint: "read the history with the topic's schema",
  });
}

/** A history that somebody still writes may have been read further than it was known to go. */
async function checkUnchanged(definition: HandoverDefinition, wanted: EndsWanted, before: Ends): Promise<void> {
  const { partition } = wanted;
  const now = await endsOf(definition, wanted);
  const topic = [...before.keys()].find((name) => now.get(name) !== before.get(name));
  if (topic === undefined) return;
  const [began, end] = [before.get(topic) ?? 0, now.get(topic) ?? 0];
  throw new MillraceError(
    'SOURCE_FAILED',
    `${definition.history.name} has grown while it was read: it ended at offset ${began} of ${topic}/${partition}, and now at ${end}`,
    {
      origin: { source: topic, partition, offset: began },
      hint: 'stop the pipeline that archives until this one has gone live, then start again',
    },
  );
}

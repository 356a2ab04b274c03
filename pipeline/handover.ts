import type { BatchSchema, TypeMap } from '../columnar/index.ts';
import type { SourceDefinition, TopicDefinition, TopicsDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';

/** An input that is read from a history first and from a topic, or several, after it, as one stream. */
export interface HandoverDefinition<T extends TypeMap = TypeMap> {
  readonly kind: 'handover';
  readonly name: string;
  readonly schema: BatchSchema<T>;
  readonly allowedLateness: number;
  readonly history: SourceDefinition<T>;
  readonly live: TopicDefinition<T> | TopicsDefinition<T>;
  /** By topic and partition: the first offset that the history does not hold. Absent: the history tells it. */
  readonly at?: Readonly<Record<string, readonly number[]>>;
}

/** The first offset that a history does not hold: of a topic with one partition, or one per partition. */
export type HandoverOffset = number | readonly number[];

/**
 * Reads a history (Parquet files, say) to its end, and then goes on in a topic at exactly the offset where the history ends: one run, one state, no row twice and none left out. A list
 * of topics goes on as one stream, each of them at its offset. Each partition is a task, which reads its own part of the history.
 *
 * @param options.at the first offset that the history does not hold: one number for a topic with one partition, else one per partition; by topic for a list. Absent: files that `archive`
 *   wrote from these topics tell it themselves
 * @throws MillraceError INVALID_OPTION for offsets that are none, for a pattern and, when it is opened, for a history that does not tell where it ends; SCHEMA_MISMATCH, when it is opened, unless
 *   both have the same columns; SOURCE_FAILED when the history has grown while it was read.
 *
 * @example
 * sources: { readings: handover(parquet('archive/readings'), readings) }
 * sources: { readings: handover(parquet('archive/readings'), topic(['north', 'south'], { schema: reading })) }
 * sources: { readings: handover(parquet('dump.parquet'), readings, { at: 1_250_000 }) }
 */
export function handover<T extends TypeMap>(
  history: SourceDefinition<T>,
  live: TopicDefinition<T> | TopicsDefinition<T>,
  options: { readonly at?: HandoverOffset | Readonly<Record<string, HandoverOffset>> } = {},
): HandoverDefinition<T> {
  if (live.kind === 'topics' && live.pattern !== undefined) {
    throw new MillraceError('INVALID_OPTION', `${live.name} may come to match other topics than the history holds`, {
      hint: 'name the topics of a handover in a list',
    });
  }
  const at = options.at === undefined ? undefined : offsetsOf(live.kind === 'topic' ? [live.name] : live.names, options.at);
  const { schema, allowedLateness } = live;
  const name = `${history.name}, then ${live.name}`;
  return { kind: 'handover', name, schema, allowedLateness, history, live, ...(at === undefined ? {} : { at }) };
}

function offsetsOf(
  topics: readonly string[],
  at: HandoverOffset | Readonly<Record<string, HandoverOffset>>,
): Readonly<Record<string, readonly number[]>> {
  const given =
    typeof at === 'number' || Array.isArray(at) ? { [topics.join()]: at as HandoverOffset } : (at as Record<string, HandoverOffset>);
  const unknown = Object.keys(given).find((topic) => !topics.includes(topic));
  const missing = topics.find((topic) => given[topic] === undefined);
  if (unknown !== undefined || missing !== undefined) {
    throw new MillraceError('INVALID_OPTION', `at: no offset for topic '${missing ?? topics[0]}'`, {
      hint: `give them by topic: { at: { ${topics.map((topic) => `'${topic}': 0`).join(', ')} } }`,
    });
  }
  return Object.fromEntries(
    Object.entries(given).map(([topic, offsets]) => [topic, checked(typeof offsets === 'number' ? [offsets] : offsets)]),
  );
}

function checked(offsets: readonly number[]): readonly number[] {
  if (offsets.length > 0 && offsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0)) return offsets;
  throw new MillraceError('INVALID_OPTION', `at: [${offsets.join(', ')}] are no offsets`, {
    hint: 'give the first offset that the history does not hold, per partition',
  });
}

/** Partitions of a handover: those of its topics. Offsets must be as many, and the history must have as many, or be an archive that tells the partition of each file. */
export async function checkHandover({ history, live, at = {} }: HandoverDefinition, partitions: number): Promise<void> {
  const past = await history.partitions();
  const tells = past === 1 && history.archivedPart !== undefined;
  for (const [what, count] of [
    [history.name, tells ? partitions : past],
    ...Object.entries(at).map(([topic, offsets]): [string, number] => [`at of '${topic}'`, offsets.length]),
  ] as const) {
    if (count === partitions) continue;
    throw new MillraceError('INVALID_PIPELINE', `topic '${live.name}' has ${partitions} partitions, ${what} has ${count}`, {
      hint: 'a handover needs as many partitions and offsets in both, or files that archive() wrote',
    });
  }
}

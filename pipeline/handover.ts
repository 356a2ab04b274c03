import { type BatchSchema, describeSchema, emptyBatch, type TypeMap } from '../columnar/index.ts';
import type { Position, ReadBudget, Source, SourceBatch, SourceDefinition, TopicDefinition } from '../connectors/index.ts';
import { MillraceError } from '../streams/index.ts';

/** An input that is read from a history first and from a topic after it, as one stream. */
export interface HandoverDefinition<T extends TypeMap = TypeMap> {
  readonly kind: 'handover';
  readonly name: string;
  readonly schema: BatchSchema<T>;
  readonly allowedLateness: number;
  readonly history: SourceDefinition<T>;
  readonly live: TopicDefinition<T>;
  /** Per partition: the first offset of the topic that the history does not hold. Absent: the history tells it. */
  readonly at?: readonly number[];
}

/**
 * Reads a history (Parquet files, say) to its end, and then goes on in a topic at exactly the offset where the history ends: one run, one state, no row twice and none left out.
 *
 * @param options.at the first offset that the history does not hold: one number for a topic with one partition, else one per partition. Absent: files that `archive` wrote from this
 *   topic tell it themselves
 * @throws MillraceError INVALID_OPTION for offsets that are none and, when it is opened, for a history that does not tell where it ends; SCHEMA_MISMATCH, when it is opened, unless both
 *   have the same columns; SOURCE_FAILED when the history has grown while it was read.
 *
 * @example
 * sources: { readings: handover(parquet('archive/readings'), readings) }
 * sources: { readings: handover(parquet('dump.parquet'), readings, { at: 1_250_000 }) }
 */
export function handover<T extends TypeMap>(
  history: SourceDefinition<T>,
  live: TopicDefinition<T>,
  options: { readonly at?: number | readonly number[] } = {},
): HandoverDefinition<T> {
  const at = typeof options.at === 'number' ? [options.at] : options.at;
  if (at?.length === 0 || at?.some((offset) => !Number.isSafeInteger(offset) || offset < 0)) {
    throw new MillraceError('INVALID_OPTION', `at: [${at.join(', ')}] are no offsets`, {
      hint: 'give the first offset that the history does not hold, per partition',
    });
  }
  const { schema, allowedLateness } = live;
  const name = `${history.name}, then ${live.name}`;
  return { kind: 'handover', name, schema, allowedLateness, history, live, ...(at === undefined ? {} : { at }) };
}

/** Partitions of a handover: those of the topic; history and offsets must have as many. */
export async function handoverPartitions({ history, live, at }: HandoverDefinition, partitions: number): Promise<number> {
  const past = await history.partitions();
  for (const [what, count] of [
    [history.name, past],
    ['at', at?.length ?? partitions],
  ] as const) {
    if (count === partitions) continue;
    throw new MillraceError('INVALID_PIPELINE', `topic '${live.name}' has ${partitions} partitions, ${what} has ${count}`, {
      hint: 'a handover needs as many partitions and offsets in both',
    });
  }
  return partitions;
}

/** The first offset of the topic that the history does not hold. */
async function handoverOffset({ history, live, at }: HandoverDefinition, partition: number): Promise<number> {
  if (at !== undefined) return at[partition] as number;
  const refuse = (problem: string, hint: string) => new MillraceError('INVALID_OPTION', `${history.name} ${problem}`, { hint });
  const give = 'give the first offset of the topic that the history does not hold: handover(history, topic, { at })';
  if (history.archivedEnd === undefined) throw refuse('cannot tell where it ends in a topic', give);
  const ends = await history.archivedEnd();
  const end = ends[live.name]?.[partition];
  if (end !== undefined) return end;
  const held = Object.entries(ends).flatMap(([topic, partitions]) => Object.keys(partitions).map((number) => `${topic}/${number}`));
  throw refuse(`holds no rows of ${live.name}/${partition}, but of ${held.length === 0 ? 'none' : held.join(', ')}`, give);
}

/** Reads one partition of a handover. Its position holds the history's streams and, from the handover on, the topic. */
export class HandoverSource<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #definition: HandoverDefinition<T>;
  readonly #history: Source<T>;
  readonly #live: Source<T>;
  #partition = 0;
  /** How far the history was read. */
  #past: Position = {};
  /** Where the topic takes over, unless it has. */
  #at = 0;
  #isLive = false;

  constructor(definition: HandoverDefinition<T>, live: Source<T>) {
    this.schema = definition.schema;
    this.#definition = definition;
    this.#history = definition.history.create();
    this.#live = live;
  }

  async open(partition: number, position: Position | undefined): Promise<void> {
    this.#partition = partition;
    const topic = this.#definition.live.name;
    const { [topic]: offset, ...past } = position ?? {};
    this.#past = past;
    if (offset === undefined) {
      this.#checkSchema();
      this.#at = await handoverOffset(this.#definition, partition);
      await this.#history.open(partition, position);
    } else await this.#goLive(offset);
  }

  #checkSchema(): void {
    const columns = (schema: BatchSchema) => describeSchema(schema).join(', ');
    const { history, live } = this.#definition;
    const [past, next] = [columns(history.schema), columns(live.schema)];
    if (past === next) return;
    throw new MillraceError('SCHEMA_MISMATCH', `${history.name} has (${past}), topic '${live.name}' has (${next})`, {
      hint: "read the history with the topic's schema",
    });
  }

  /** A history that somebody still writes may have been read further than it was known to go. */
  async #checkHistory(): Promise<void> {
    const end = await handoverOffset(this.#definition, this.#partition);
    if (end === this.#at) return;
    const { history, live } = this.#definition;
    throw new MillraceError(
      'SOURCE_FAILED',
      `${history.name} has grown while it was read: it ended at offset ${this.#at}, and now at ${end}`,
      {
        origin: { source: live.name, partition: this.#partition, offset: this.#at },
        hint: 'stop the pipeline that archives until this one has gone live, then start again',
      },
    );
  }

  /** No rows, and the position from which the topic is read: from here on the history is not needed any more. */
  #handedOver(): SourceBatch<T> {
    const { live } = this.#definition;
    return {
      batch: emptyBatch(this.schema),
      source: live.name,
      partition: this.#partition,
      offset: new Float64Array(0),
      records: 0,
      rejects: [],
      position: { ...this.#past, [live.name]: this.#at },
      bytes: 0,
      lag: 0,
      rawRecord: () => undefined,
    };
  }

  async #goLive(offset: number): Promise<void> {
    this.#isLive = true;
    await this.#live.open(this.#partition, { [this.#definition.live.name]: offset });
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    if (!this.#isLive) {
      const batch = await this.#history.next(budget);
      if (typeof batch !== 'string') {
        this.#past = batch.position;
        return batch;
      }
      if (batch === 'idle' && !this.#repeatsLive(budget)) return batch;
      await this.#checkHistory();
      await this.#goLive(this.#at);
      return this.#handedOver();
    }
    const batch = await this.#live.next(budget);
    return typeof batch === 'string' ? batch : { ...batch, position: { ...this.#past, ...batch.position } };
  }

  /** Whether a re-run has repeated the history as far as it was read, and has to go on in the topic. */
  #repeatsLive({ until }: ReadBudget): boolean {
    const topic = this.#definition.live.name;
    if (until?.[topic] === undefined) return false;
    return Object.entries(until).every(([stream, end]) => stream === topic || (this.#past[stream] ?? 0) >= end);
  }

  async close(): Promise<void> {
    await this.#history.close();
    await this.#live.close();
  }
}

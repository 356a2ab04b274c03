import { rolesOf, type SpareMemory, selectColumns, type TypeMap } from '../columnar/index.ts';
import { type Encoder, type OutputRecords, type RecordColumns, RecordWriter, type TopicDefinition } from '../connectors/index.ts';
import { type StreamBatch, takeStreamRows } from '../streams/index.ts';
import { OutputKeys } from './output-keys.ts';
import type { Published } from './published.ts';
import { eventTimes } from './task-input.ts';

/** Told of all records that a task puts out, those of a re-run too. */
export type OnPublish = (output: OutputRecords) => void;

/**
 * Encodes the rows of one sink into records, kept until the epoch commits. The key is the schema's key column, the timestamp its event time, the partition
 * murmur2 of the key as Java's client has it (without a key: the task's own partition, so that order is kept).
 */
export class TopicOutput {
  readonly topic: TopicDefinition<TypeMap>;
  /** True while a re-run repeats committed epochs: records are compared, not published. */
  muted = false;
  readonly #published: Published;
  readonly #onPublish: OnPublish | undefined;
  readonly #encoder: Encoder<TypeMap>;
  readonly #names: readonly string[];
  readonly #own: number;
  readonly #partitions: number;
  readonly #pending = new Map<number, RecordColumns[]>();
  readonly #keys: OutputKeys;
  readonly #writer: RecordWriter;
  #bytes = 0;

  constructor(
    topic: TopicDefinition<TypeMap>,
    place: {
      readonly partitions: number;
      readonly task: number;
      readonly published: Published;
      readonly onPublish?: OnPublish | undefined;
      /** For the records; new ones lie where those were that were given back. */
      readonly memory: SpareMemory;
    },
  ) {
    const { partitions, task } = place;
    this.topic = topic;
    this.#published = place.published;
    this.#onPublish = place.onPublish;
    this.#writer = new RecordWriter(place.memory);
    this.#encoder = topic.format.encoder(topic.schema);
    this.#names = topic.schema.fields.map((field) => field.name);
    this.#keys = new OutputKeys(partitions);
    this.#own = task % partitions;
    this.#partitions = partitions;
  }

  /** Encodes a batch. Columns that the sink's schema does not have are left out; one that it lacks is an error. */
  write(input: StreamBatch): void {
    if (input.batch.numRows === 0) return;
    const { key } = rolesOf(this.topic.schema);
    if (key === undefined) {
      this.#encode(input, undefined, this.#own);
      return;
    }
    const codes = this.#keys.codesOf(input.batch, key);
    for (const [partition, rows] of this.#byPartition(codes)) {
      if (rows.length === codes.length) this.#encode(input, codes, partition);
      else
        this.#encode(
          takeStreamRows(input, rows),
          Int32Array.from(rows, (row) => codes[row] as number),
          partition,
        );
    }
  }

  /** The rows of each partition, in their order. */
  #byPartition(codes: Int32Array): ReadonlyMap<number, Int32Array> {
    const counts = new Int32Array(this.#partitions);
    const partitions = new Int32Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      const partition = this.#keys.partition(codes[row] as number) ?? this.#own;
      partitions[row] = partition;
      counts[partition] = (counts[partition] as number) + 1;
    }
    const used = [...counts.keys()].filter((partition) => counts[partition] !== 0);
    const rows = new Map(used.map((partition) => [partition, new Int32Array(counts[partition] as number)]));
    // One partition is the rule: a task's keys are those of its own.
    if (used.length > 1) this.#spread(partitions, rows);
    return rows;
  }

  #spread(partitions: Int32Array, rows: ReadonlyMap<number, Int32Array>): void {
    const next = new Int32Array(this.#partitions);
    for (let row = 0; row < partitions.length; row++) {
      const partition = partitions[row] as number;
      (rows.get(partition) as Int32Array)[next[partition] as number] = row;
      next[partition] = (next[partition] as number) + 1;
    }
  }

  #encode(input: StreamBatch, codes: Int32Array | undefined, partition: number): void {
    const writer = this.#writer;
    const batch = selectColumns(input.batch, this.#names);
    const { eventTime } = rolesOf(this.topic.schema);
    const times = eventTime === undefined ? undefined : eventTimes(batch);
    this.#encoder.encode(batch, writer, {
      key: (row) => (codes === undefined ? null : this.#keys.bytes(codes[row] as number)),
      timestamp: (row) => timestampOf(times?.[row], input.watermark[row]),
    });
    const records = writer.finish();
    if (this.topic.format.recordPerBatch !== true) this.#published.add(this.topic.name, partition, records);
    this.#onPublish?.({ topic: this.topic.name, partition, records });
    if (this.muted) return;
    this.#bytes += records.bytes.length;
    const pending = this.#pending.get(partition);
    if (pending === undefined) this.#pending.set(partition, [records]);
    else pending.push(records);
  }

  /** Records since the last call, by partition. */
  take(): readonly OutputRecords[] {
    const outputs = [...this.#pending]
      .sort(([a], [b]) => a - b)
      .flatMap(([partition, blocks]) => blocks.map((records) => ({ topic: this.topic.name, partition, records })));
    this.#pending.clear();
    this.#bytes = 0;
    return outputs;
  }

  /** Bytes of records since the last call of `take`. */
  get pendingBytes(): number {
    return this.#bytes;
  }
}

/** A record's timestamp: event time, else the watermark, else the epoch's beginning: never the wall clock, since outputs must repeat. */
function timestampOf(time: number | undefined, watermark: number | undefined): number {
  if (time !== undefined && Number.isFinite(time)) return time;
  return watermark !== undefined && Number.isFinite(watermark) ? watermark : 0;
}

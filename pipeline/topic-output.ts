import { rolesOf, selectColumns, stringView, type TypeMap } from '../columnar/index.ts';
import {
  type Encoder,
  type OutputRecords,
  partitionOf,
  type RecordColumns,
  RecordWriter,
  type TopicDefinition,
} from '../connectors/index.ts';
import { type StreamBatch, takeStreamRows } from '../streams/index.ts';
import type { Published } from './published.ts';
import { eventTimes } from './task-input.ts';

const encoder = new TextEncoder();

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
  readonly #partitions: number;
  readonly #own: number;
  readonly #pending = new Map<number, RecordColumns[]>();
  readonly #keys = new Map<string, Uint8Array>();
  #records = 0;

  constructor(
    topic: TopicDefinition<TypeMap>,
    place: {
      readonly partitions: number;
      readonly task: number;
      readonly published: Published;
      readonly onPublish?: OnPublish | undefined;
    },
  ) {
    const { partitions, task } = place;
    this.topic = topic;
    this.#published = place.published;
    this.#onPublish = place.onPublish;
    this.#encoder = topic.format.encoder(topic.schema);
    this.#names = topic.schema.fields.map((field) => field.name);
    this.#partitions = partitions;
    this.#own = task % partitions;
  }

  /** Encodes a batch. Columns that the sink's schema does not have are left out; one that it lacks is an error. */
  write(input: StreamBatch): void {
    if (input.batch.numRows === 0) return;
    const { key } = rolesOf(this.topic.schema);
    if (key === undefined || this.#partitions === 1) {
      this.#encode(input, key, key === undefined ? this.#own : 0);
      return;
    }
    for (const [partition, rows] of this.#byPartition(input, key)) this.#encode(takeStreamRows(input, rows), key, partition);
  }

  #byPartition(input: StreamBatch, key: string): ReadonlyMap<number, Int32Array> {
    const keys = stringView(input.batch, key);
    const rows = new Map<number, number[]>();
    for (let row = 0; row < keys.length; row++) {
      const text = keys.get(row);
      const partition = text === null ? this.#own : partitionOf(encoder.encode(text), this.#partitions);
      const list = rows.get(partition);
      if (list === undefined) rows.set(partition, [row]);
      else list.push(row);
    }
    return new Map([...rows].map(([partition, list]) => [partition, Int32Array.from(list)]));
  }

  #encode(input: StreamBatch, key: string | undefined, partition: number): void {
    const writer = new RecordWriter();
    const batch = selectColumns(input.batch, this.#names);
    const { eventTime } = rolesOf(this.topic.schema);
    const times = eventTime === undefined ? undefined : eventTimes(batch);
    const keys = key === undefined ? undefined : stringView(batch, key);
    this.#encoder.encode(batch, writer, {
      key: (row) => {
        const text = keys?.get(row) ?? null;
        return text === null ? null : this.#keyBytes(text);
      },
      timestamp: (row) => timestampOf(times?.[row], input.watermark[row]),
    });
    const records = writer.finish();
    if (this.topic.format.recordPerBatch !== true) this.#published.add(this.topic.name, partition, records);
    this.#onPublish?.({ topic: this.topic.name, partition, records });
    if (this.muted) return;
    this.#records += records.count;
    const pending = this.#pending.get(partition);
    if (pending === undefined) this.#pending.set(partition, [records]);
    else pending.push(records);
  }

  /** Keys repeat: each is encoded once while there are not too many of them. */
  #keyBytes(text: string): Uint8Array {
    const known = this.#keys.get(text);
    if (known !== undefined) return known;
    const bytes = encoder.encode(text);
    if (this.#keys.size >= 100_000) this.#keys.clear();
    this.#keys.set(text, bytes);
    return bytes;
  }

  /** Records since the last call, by partition. */
  take(): readonly OutputRecords[] {
    const outputs = [...this.#pending]
      .sort(([a], [b]) => a - b)
      .flatMap(([partition, blocks]) => blocks.map((records) => ({ topic: this.topic.name, partition, records })));
    this.#pending.clear();
    this.#records = 0;
    return outputs;
  }

  /** Records waiting for the commit. */
  get pending(): number {
    return this.#records;
  }
}

/** A record's timestamp: event time, else the watermark, else the epoch's beginning: never the wall clock, since outputs must repeat. */
function timestampOf(time: number | undefined, watermark: number | undefined): number {
  if (time !== undefined && Number.isFinite(time)) return time;
  return watermark !== undefined && Number.isFinite(watermark) ? watermark : 0;
}

import type { PartitionInfo, RecordColumns, TopicSettings, Topics } from '../contract/index.ts';
import { decodeRecordBatch, encodeRecordBatch, sliceRecords } from '../records/index.ts';
import {
  AppendSignal,
  checkPartition,
  checkTopicSettings,
  firstAtOrAfter,
  joinRecords,
  type PartitionRange,
  type PartitionReader,
  unknownTopic,
} from '../topic-source/index.ts';

interface MemoryPartition {
  readonly blocks: Uint8Array[];
  /** Offset after the last record of each block. */
  readonly ends: number[];
  /** Offset of the oldest record kept. */
  start: number;
  bytes: number;
}

interface MemoryTopic {
  readonly settings: TopicSettings;
  readonly partitions: readonly MemoryPartition[];
}

/** Topics in memory. Records are kept encoded, so that nobody can change them after the append. */
export class MemoryTopics implements Topics, PartitionReader {
  readonly #topics = new Map<string, MemoryTopic>();
  readonly #signal = new AppendSignal();
  readonly #floors: () => ReadonlyMap<string, number>;

  /** `floors`: per topic the offset from which on a task would read. */
  constructor(floors: () => ReadonlyMap<string, number>) {
    this.#floors = floors;
  }

  async ensure(topic: string, settings: TopicSettings): Promise<TopicSettings> {
    checkTopicSettings(topic, settings);
    const existing = this.#topics.get(topic);
    if (existing !== undefined) return existing.settings;
    const partitions = Array.from({ length: settings.partitions }, (): MemoryPartition => ({ blocks: [], ends: [], start: 0, bytes: 0 }));
    this.#topics.set(topic, { settings: { ...settings }, partitions });
    return settings;
  }

  async remove(topic: string): Promise<void> {
    this.#topics.delete(topic);
  }

  async names(): Promise<readonly string[]> {
    return [...this.#topics.keys()].sort();
  }

  async list(topic?: string): Promise<readonly PartitionInfo[]> {
    if (topic !== undefined) this.#existing(topic);
    const names = topic === undefined ? await this.names() : [topic];
    return names.flatMap((name) =>
      this.#existing(name).partitions.map(({ ends, start, bytes }, partition) => ({
        topic: name,
        partition,
        start,
        end: ends.at(-1) ?? 0,
        bytes,
      })),
    );
  }

  async read(topic: string, partition: number, offset: number, maxBytes: number): Promise<RecordColumns> {
    return this.readNow(topic, partition, offset, maxBytes);
  }

  async append(topic: string, partition: number, records: RecordColumns): Promise<void> {
    this.write(topic, partition, records);
    this.announce();
  }

  /** Throws UNKNOWN_TOPIC unless the partition exists: to be asked before anything is written. */
  check(topic: string, partition: number): void {
    this.#partition(topic, partition);
  }

  write(topic: string, partition: number, records: RecordColumns): void {
    const target = this.#partition(topic, partition);
    if (records.count === 0) return;
    const end = target.ends.at(-1) ?? 0;
    const bytes = encodeRecordBatch(records, { baseOffset: end });
    target.blocks.push(bytes);
    target.ends.push(end + records.count);
    target.bytes += bytes.length;
  }

  /** Wakes the sources, and gives up what topics have no room for. */
  announce(): void {
    this.#trim();
    this.#signal.notify();
  }

  #trim(): void {
    const limited = [...this.#topics].filter(([, { settings, partitions }]) => partitions.some(({ bytes }) => bytes > bytesKept(settings)));
    const floors = limited.length > 0 ? this.#floors() : undefined;
    for (const [name, { settings, partitions }] of limited) {
      for (const partition of partitions) trim(partition, bytesKept(settings), floors?.get(name) ?? Number.POSITIVE_INFINITY);
    }
  }

  range(topic: string, partition: number): PartitionRange {
    const { start, ends } = this.#partition(topic, partition);
    return { start, end: ends.at(-1) ?? 0 };
  }

  readNow(topic: string, partition: number, offset: number, maxBytes: number): RecordColumns {
    const { blocks, ends } = this.#partition(topic, partition);
    const first = ends.findIndex((end) => end > offset);
    const read: RecordColumns[] = [];
    let size = 0;
    for (let index = first; index >= 0 && index < blocks.length; index++) {
      const block = blocks[index] as Uint8Array;
      if (read.length > 0 && size + block.length > maxBytes) break;
      size += block.length;
      const { records } = decodeRecordBatch(block, 0, { verify: false });
      read.push(sliceRecords(records, firstAtOrAfter(records, offset), records.count));
    }
    return joinRecords(read);
  }

  appended(milliseconds: number): Promise<void> {
    return this.#signal.wait(milliseconds);
  }

  #existing(topic: string): MemoryTopic {
    const existing = this.#topics.get(topic);
    if (existing === undefined) throw unknownTopic(topic, [...this.#topics.keys()].sort());
    return existing;
  }

  #partition(topic: string, partition: number): MemoryPartition {
    const { partitions } = this.#existing(topic);
    checkPartition(topic, partition, partitions.length);
    return partitions[partition] as MemoryPartition;
  }
}

const bytesKept = ({ retentionBytes = -1 }: TopicSettings) => (retentionBytes < 0 ? Number.POSITIVE_INFINITY : retentionBytes);

/** Deletes the oldest blocks without which the partition still has `kept` bytes, as far as no task would read them. */
function trim(partition: MemoryPartition, kept: number, floor: number): void {
  const { blocks, ends } = partition;
  let gone = 0;
  for (let bytes = partition.bytes; gone < blocks.length && (ends[gone] as number) <= floor; gone++) {
    bytes -= (blocks[gone] as Uint8Array).length;
    if (bytes < kept) break;
    partition.bytes = bytes;
    partition.start = ends[gone] as number;
  }
  blocks.splice(0, gone);
  ends.splice(0, gone);
}

import type { OutputRecords, PartitionInfo, RecordColumns, TopicSettings, Topics } from '../contract/index.ts';
import { sliceRecords } from '../records/index.ts';
import {
  checkPartition,
  checkTopicSettings,
  firstAtOrAfter,
  joinRecords,
  type PartitionRange,
  type PartitionReader,
  unknownTopic,
} from '../topic-source/index.ts';
import { BlockTable } from './block-table.ts';
import { encodeBlocks } from './encode-blocks.ts';
import type { LogDatabase } from './log-database.ts';
import type { EncodedBlock, PartitionBlocks, WritePath } from './log-write.ts';
import { damaged } from './store-error.ts';
import type { ThreadSignal } from './thread-signal.ts';

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
  readonly retention: number | null;
  readonly keptBytes: number | null;
  readonly compacted: number;
}

/** Topics of the embedded log. */
export class LogTopics implements Topics, PartitionReader {
  readonly #database: LogDatabase;
  readonly #blocks: BlockTable;
  readonly #writes: WritePath;
  readonly #signal: ThreadSignal;
  /** Partitions whose range was compared with their blocks. */
  readonly #checked = new Set<string>();

  constructor(database: LogDatabase, writes: WritePath, signal: ThreadSignal) {
    this.#database = database;
    this.#writes = writes;
    this.#signal = signal;
    this.#blocks = new BlockTable(database);
  }

  async ensure(topic: string, settings: TopicSettings): Promise<TopicSettings> {
    checkTopicSettings(topic, settings);
    const row = this.#find(topic) ?? this.#database.transaction(() => this.#find(topic) ?? this.#create(topic, settings));
    return {
      partitions: row.partitions,
      ...(row.retention === null ? {} : { retentionMs: row.retention }),
      ...(row.keptBytes === null ? {} : { retentionBytes: row.keptBytes }),
      ...(row.compacted === 1 ? { compacted: true } : {}),
    };
  }

  #create(topic: string, settings: TopicSettings): TopicRow {
    const { partitions, retentionMs, retentionBytes, compacted } = settings;
    this.#database.run(
      'INSERT INTO topics (name, partitions, retention, kept_bytes, compacted) VALUES (?, ?, ?, ?, ?)',
      topic,
      partitions,
      limitOf(retentionMs),
      limitOf(retentionBytes),
      compacted === true ? 1 : 0,
    );
    const row = this.#find(topic) as TopicRow;
    for (let number = 0; number < partitions; number++) {
      this.#database.run('INSERT INTO partitions (topic, number, first, next, bytes, compacted) VALUES (?, ?, 0, 0, 0, 0)', row.id, number);
    }
    return row;
  }

  async remove(topic: string): Promise<void> {
    this.#database.transaction(() => {
      const row = this.#find(topic);
      if (row === undefined) return;
      for (const table of ['blocks', 'partitions']) this.#database.run(`DELETE FROM ${table} WHERE topic = ?`, row.id);
      this.#database.run('DELETE FROM topics WHERE id = ?', row.id);
    });
  }

  async names(): Promise<readonly string[]> {
    return this.#names();
  }

  #names(): readonly string[] {
    return this.#database.all<{ name: string }>('SELECT name FROM topics ORDER BY name').map(({ name }) => name);
  }

  async list(topic?: string): Promise<readonly PartitionInfo[]> {
    if (topic !== undefined) this.#existing(topic);
    return this.#database
      .all<PartitionInfo>(
        `SELECT t.name AS topic, p.number AS partition, p.first AS start, p.next AS "end", p.bytes AS bytes
         FROM partitions p JOIN topics t ON t.id = p.topic WHERE ?1 IS NULL OR t.name = ?1 ORDER BY t.name, p.number`,
        topic ?? null,
      )
      .map((row) => ({ ...row }));
  }

  async read(topic: string, partition: number, offset: number, maxBytes: number): Promise<RecordColumns> {
    return this.readNow(topic, partition, offset, maxBytes);
  }

  async append(topic: string, partition: number, records: RecordColumns): Promise<void> {
    const outputs = this.blocksOf([{ topic, partition, records }]);
    if (outputs.length > 0) await this.#writes.write({ outputs });
  }

  /** Records as blocks by partition, ready to be written. @throws MillraceError UNKNOWN_TOPIC, STORE_DAMAGED */
  blocksOf(outputs: readonly OutputRecords[]): readonly PartitionBlocks[] {
    const partitions = new Map<string, { readonly topic: string; readonly partition: number; readonly blocks: EncodedBlock[] }>();
    for (const { topic, partition, records } of outputs) {
      if (records.count === 0) continue;
      const name = `${topic}/${partition}`;
      let place = partitions.get(name);
      if (place === undefined) {
        this.range(topic, partition);
        place = { topic, partition, blocks: [] };
        partitions.set(name, place);
      }
      place.blocks.push(...encodeBlocks(records, this.#writes.memory));
    }
    return [...partitions.values()];
  }

  range(topic: string, partition: number): PartitionRange {
    return this.#rangeOf(this.#existing(topic, partition).id, topic, partition);
  }

  readNow(topic: string, partition: number, offset: number, maxBytes: number): RecordColumns {
    const { id } = this.#existing(topic, partition);
    const { start, end } = this.#rangeOf(id, topic, partition);
    const from = Math.max(offset, start);
    const blocks: RecordColumns[] = [];
    let size = 0;
    for (const block of this.#blocks.from({ topic: id, partition }, from)) {
      if (blocks.length > 0 && size + block.size > maxBytes) break;
      size += block.size;
      const records = block.records();
      const first = firstAtOrAfter(records, from);
      if (first < records.count) blocks.push(sliceRecords(records, first, records.count));
      if (size >= maxBytes) break;
    }
    if (blocks.length === 0 && from < end)
      throw damaged(this.#database.file, `topic '${topic}' partition ${partition} lacks its records ${from} to ${end - 1}`);
    return joinRecords(blocks);
  }

  appended(milliseconds: number): Promise<void> {
    return this.#signal.wait(milliseconds);
  }

  #rangeOf(id: number, topic: string, partition: number): PartitionRange {
    const row = this.#database.get<PartitionRange>(
      'SELECT first AS start, next AS "end" FROM partitions WHERE topic = ? AND number = ?',
      id,
      partition,
    );
    if (row === undefined) throw damaged(this.#database.file, `table partitions lacks partition ${partition} of topic '${topic}'`);
    this.#checkRange(id, topic, partition, row);
    return row;
  }

  /** Once per partition: the end must be that of the last block, or records would be hidden in silence. */
  #checkRange(id: number, topic: string, partition: number, { start, end }: PartitionRange): void {
    const key = `${id}/${partition}`;
    if (this.#checked.has(key)) return;
    const last = this.#blocks.end({ topic: id, partition }) ?? start;
    if (last !== end) throw damaged(this.#database.file, `topic '${topic}' partition ${partition} ends at ${last}, not ${end}`);
    this.#checked.add(key);
  }

  #find(topic: string): TopicRow | undefined {
    const sql = 'SELECT id, name, partitions, retention, kept_bytes AS keptBytes, compacted FROM topics WHERE name = ?';
    return this.#database.get(sql, topic);
  }

  #existing(topic: string, partition?: number): TopicRow {
    const row = this.#find(topic);
    if (row === undefined) {
      throw unknownTopic(topic, this.#names());
    }
    if (partition !== undefined) checkPartition(topic, partition, row.partitions);
    return row;
  }
}

/** A limit as it is stored: none as null. */
const limitOf = (limit: number | undefined) => (limit === undefined || limit < 0 ? null : limit);

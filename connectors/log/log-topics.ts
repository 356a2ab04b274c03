import type { PartitionInfo, RecordColumns, TopicSettings, Topics } from '../contract/index.ts';
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
import type { LogCleaner } from './log-cleaner.ts';
import type { LogDatabase } from './log-database.ts';
import { damaged } from './store-error.ts';
import { ThreadSignal } from './thread-signal.ts';

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
  readonly retention: number | null;
  readonly compacted: number;
}

/** Topics of the embedded log. */
export class LogTopics implements Topics, PartitionReader {
  readonly #database: LogDatabase;
  readonly #blocks: BlockTable;
  readonly #cleaner: LogCleaner;
  #written = 0;
  readonly #signal: ThreadSignal;
  /** Partitions whose range was compared with their blocks. */
  readonly #checked = new Set<string>();

  constructor(database: LogDatabase, cleaner: LogCleaner) {
    this.#database = database;
    this.#cleaner = cleaner;
    this.#signal = new ThreadSignal(database.file);
    this.#blocks = new BlockTable(database);
  }

  async ensure(topic: string, settings: TopicSettings): Promise<TopicSettings> {
    checkTopicSettings(topic, settings);
    const row = this.#find(topic) ?? this.#database.transaction(() => this.#find(topic) ?? this.#create(topic, settings));
    return {
      partitions: row.partitions,
      ...(row.retention === null ? {} : { retentionMs: row.retention }),
      ...(row.compacted === 1 ? { compacted: true } : {}),
    };
  }

  #create(topic: string, settings: TopicSettings): TopicRow {
    const { partitions, retentionMs, compacted } = settings;
    this.#database.run(
      'INSERT INTO topics (name, partitions, retention, compacted) VALUES (?, ?, ?, ?)',
      topic,
      partitions,
      retentionMs ?? null,
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
    if (records.count === 0) return;
    this.#database.transaction(() => this.write(topic, partition, records));
    this.announce();
  }

  /** Appends within a transaction that the caller has begun; `announce` after it. */
  write(topic: string, partition: number, records: RecordColumns): void {
    const { id } = this.#existing(topic, partition);
    const { end } = this.#rangeOf(id, topic, partition);
    const size = this.#blocks.append({ topic: id, partition }, end, records);
    this.#database.run(
      'UPDATE partitions SET next = ?, bytes = bytes + ? WHERE topic = ? AND number = ?',
      end + records.count,
      size,
      id,
      partition,
    );
    this.#written += size;
  }

  /** Wakes the sources of this process, and cleans where it is time. */
  announce(): void {
    this.#cleaner.appended(this.#written);
    this.#written = 0;
    this.#signal.notify();
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

  close(): void {
    this.#signal.close();
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
    return this.#database.get('SELECT id, name, partitions, retention, compacted FROM topics WHERE name = ?', topic);
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

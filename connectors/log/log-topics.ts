import type { PartitionInfo, RecordColumns, TopicSettings, Topics } from '../contract/index.ts';
import { decodeRecordBatch, encodeRecordBatch } from '../records/index.ts';
import {
  AppendSignal,
  checkPartition,
  checkTopicSettings,
  firstAtOrAfter,
  joinRecords,
  type PartitionRange,
  type PartitionReader,
  sliceRecords,
  unknownTopic,
} from '../topic-source/index.ts';
import { checksum, type LogDatabase, verify } from './log-database.ts';
import { damaged } from './store-error.ts';

/** A block is the unit of reading: records appended at once are cut into blocks of about this size. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_RECORDS = 16_384;

interface TopicRow {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
  readonly retention: number | null;
  readonly compacted: number;
}

interface BlockRow {
  readonly base: number;
  readonly count: number;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

/** Topics of the embedded log. */
export class LogTopics implements Topics, PartitionReader {
  readonly #database: LogDatabase;
  readonly #signal = new AppendSignal();

  constructor(database: LogDatabase) {
    this.#database = database;
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
      this.#database.run('INSERT INTO partitions (topic, number, first, next, bytes) VALUES (?, ?, 0, 0, 0)', row.id, number);
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
    let { end } = this.#rangeOf(id, topic, partition);
    let size = 0;
    for (let from = 0; from < records.count; ) {
      const to = endOfBlock(records, from);
      const bytes = encodeRecordBatch(records, { from, to, baseOffset: end });
      this.#database.run(
        'INSERT INTO blocks (topic, partition, base, count, newest, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        partition,
        end,
        to - from,
        newest(records, from, to),
        checksum(bytes),
        bytes,
      );
      end += to - from;
      size += bytes.length;
      from = to;
    }
    this.#database.run('UPDATE partitions SET next = ?, bytes = bytes + ? WHERE topic = ? AND number = ?', end, size, id, partition);
  }

  /** Wakes the sources of this process. */
  announce(): void {
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
    for (let row = this.#blockAt(id, partition, from); row !== undefined; row = this.#blockAfter(id, partition, row.base)) {
      if (blocks.length > 0 && size + row.bytes.length > maxBytes) break;
      const records = this.#decode(row, topic, partition);
      const first = firstAtOrAfter(records, from);
      if (first < records.count) blocks.push(sliceRecords(records, first, records.count));
      size += row.bytes.length;
      if (size >= maxBytes) break;
    }
    if (blocks.length === 0 && from < end)
      throw damaged(this.#database.file, `topic '${topic}' partition ${partition} lacks its records ${from} to ${end - 1}`);
    return joinRecords(blocks);
  }

  appended(milliseconds: number): Promise<void> {
    return this.#signal.wait(milliseconds);
  }

  #decode(row: BlockRow, topic: string, partition: number): RecordColumns {
    const what = `the block at offset ${row.base} of topic '${topic}' partition ${partition}`;
    verify(row.bytes, row.checksum, this.#database, what);
    const { header, records } = decodeRecordBatch(row.bytes, 0, { verify: false });
    if (header.baseOffset !== row.base || records.count !== row.count) throw damaged(this.#database.file, `${what} belongs elsewhere`);
    return records;
  }

  #blockAt(topic: number, partition: number, offset: number): BlockRow | undefined {
    return this.#database.get(
      'SELECT base, count, checksum, bytes FROM blocks WHERE topic = ? AND partition = ? AND base <= ? ORDER BY base DESC LIMIT 1',
      topic,
      partition,
      offset,
    );
  }

  #blockAfter(topic: number, partition: number, base: number): BlockRow | undefined {
    return this.#database.get(
      'SELECT base, count, checksum, bytes FROM blocks WHERE topic = ? AND partition = ? AND base > ? ORDER BY base LIMIT 1',
      topic,
      partition,
      base,
    );
  }

  #rangeOf(id: number, topic: string, partition: number): PartitionRange {
    const row = this.#database.get<PartitionRange>(
      'SELECT first AS start, next AS "end" FROM partitions WHERE topic = ? AND number = ?',
      id,
      partition,
    );
    if (row === undefined) throw damaged(this.#database.file, `table partitions lacks partition ${partition} of topic '${topic}'`);
    return row;
  }

  #find(topic: string): TopicRow | undefined {
    return this.#database.get('SELECT id, name, partitions, retention, compacted FROM topics WHERE name = ?', topic);
  }

  #existing(topic: string, partition?: number): TopicRow {
    const row = this.#find(topic);
    if (row === undefined) {
      throw unknownTopic(
        topic,
        this.#database.all<{ name: string }>('SELECT name FROM topics ORDER BY name').map(({ name }) => name),
      );
    }
    if (partition !== undefined) checkPartition(topic, partition, row.partitions);
    return row;
  }
}

function endOfBlock(records: RecordColumns, from: number): number {
  let size = 0;
  for (let record = from; record < records.count; record++) {
    size += Math.max(records.keyLength[record] as number, 0) + Math.max(records.valueLength[record] as number, 0);
    size += records.headersLength[record] as number;
    if (size >= BLOCK_BYTES || record - from + 1 >= BLOCK_RECORDS) return record + 1;
  }
  return records.count;
}

function newest(records: RecordColumns, from: number, to: number): number {
  let timestamp = Number.NEGATIVE_INFINITY;
  for (let record = from; record < to; record++) timestamp = Math.max(timestamp, records.timestamp[record] as number);
  return timestamp;
}

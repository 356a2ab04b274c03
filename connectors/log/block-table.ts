import type { RecordColumns } from '../contract/index.ts';
import { decodeRecordBatch, encodeRecordBatch, readBatchHeader } from '../records/index.ts';
import { checksum, type LogDatabase, verify } from './log-database.ts';
import { damaged } from './store-error.ts';

/** A block is the unit of reading: records appended at once are cut into blocks of about this size. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_RECORDS = 16_384;

/** A partition by the number of its topic. */
export interface PartitionKey {
  readonly topic: number;
  readonly partition: number;
}

/** A stored block; its records are decoded on request. */
export interface Block {
  readonly base: number;
  readonly size: number;
  /** @throws MillraceError STORE_DAMAGED when the bytes are not those that were written there. */
  records(): RecordColumns;
}

interface BlockRow {
  readonly base: number;
  readonly count: number;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

const COLUMNS = 'base, count, checksum, bytes';

/** The table of record blocks. */
export class BlockTable {
  readonly #database: LogDatabase;

  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /** Stores records from offset `base` on; returns their size in bytes. */
  append(key: PartitionKey, base: number, records: RecordColumns): number {
    let size = 0;
    for (let from = 0; from < records.count; ) {
      const to = endOfBlock(records, from);
      const bytes = encodeRecordBatch(records, { from, to, baseOffset: base + from });
      this.#insert(key, base + from, records, from, to, bytes);
      size += bytes.length;
      from = to;
    }
    return size;
  }

  /** Replaces a block by some of its records, which keep their offsets. */
  rewrite(key: PartitionKey, base: number, records: RecordColumns): number {
    this.remove(key, base);
    if (records.count === 0) return 0;
    const first = records.offset[0] as number;
    const bytes = encodeRecordBatch(records, { baseOffset: first, keepOffsets: true });
    this.#insert(key, first, records, 0, records.count, bytes);
    return bytes.length;
  }

  #insert(key: PartitionKey, base: number, records: RecordColumns, from: number, to: number, bytes: Uint8Array): void {
    this.#database.run(
      'INSERT INTO blocks (topic, partition, base, count, newest, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      key.topic,
      key.partition,
      base,
      to - from,
      newest(records, from, to),
      checksum(bytes),
      bytes,
    );
  }

  remove(key: PartitionKey, base: number): void {
    this.#database.run('DELETE FROM blocks WHERE topic = ? AND partition = ? AND base = ?', key.topic, key.partition, base);
  }

  /** Blocks in order, beginning with the one that holds `offset` or, where none does, the first after it. */
  *from(key: PartitionKey, offset: number): Generator<Block> {
    let row = this.#at(key, offset) ?? this.#after(key, offset);
    for (; row !== undefined; row = this.#after(key, row.base)) yield this.#block(key, row);
  }

  /** The offset after the last record; undefined without blocks. */
  end(key: PartitionKey): number | undefined {
    const row = this.#at(key, Number.MAX_SAFE_INTEGER);
    if (row === undefined) return undefined;
    const header = readBatchHeader(row.bytes, 0);
    return header === undefined ? -1 : header.lastOffset + 1;
  }

  #block(key: PartitionKey, row: BlockRow): Block {
    const { base, bytes } = row;
    const records = () => {
      const what = `the block at offset ${base} of partition ${key.partition} of topic number ${key.topic}`;
      verify(bytes, row.checksum, this.#database, what);
      const decoded = decodeRecordBatch(bytes, 0, { verify: false });
      if (decoded.header.baseOffset === base && decoded.records.count === row.count) return decoded.records;
      throw damaged(this.#database.file, `${what} belongs elsewhere`);
    };
    return { base, size: bytes.length, records };
  }

  #at(key: PartitionKey, offset: number): BlockRow | undefined {
    const sql = `SELECT ${COLUMNS} FROM blocks WHERE topic = ? AND partition = ? AND base <= ? ORDER BY base DESC LIMIT 1`;
    return this.#database.get(sql, key.topic, key.partition, offset);
  }

  #after(key: PartitionKey, base: number): BlockRow | undefined {
    const sql = `SELECT ${COLUMNS} FROM blocks WHERE topic = ? AND partition = ? AND base > ? ORDER BY base LIMIT 1`;
    return this.#database.get(sql, key.topic, key.partition, base);
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

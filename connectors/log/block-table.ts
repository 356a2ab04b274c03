import type { RecordColumns } from '../contract/index.ts';
import { decodeRecordBatch, encodeRecordBatch, readBatchHeader } from '../records/index.ts';
import { checksum } from './checksum.ts';
import { newestTimestamp } from './encode-blocks.ts';
import { type LogDatabase, verify } from './log-database.ts';
import { damaged } from './store-error.ts';

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

/** What is known of a block without its records: offset of the first one, bytes, newest timestamp, and the offset at which the next block begins. */
export interface BlockOutline {
  readonly base: number;
  readonly size: number;
  readonly newest: number;
  readonly next: number | null;
}

/** Blocks outlined by one query. */
const LOT = 256;

interface BlockRow {
  readonly base: number;
  readonly count: number;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

const COLUMNS = 'base, count, checksum, bytes';

/** The table of record blocks: what reads and cleans it. */
export class BlockTable {
  readonly #database: LogDatabase;

  constructor(database: LogDatabase) {
    this.#database = database;
  }

  /** Replaces a block by some of its records, which keep their offsets. */
  rewrite(key: PartitionKey, base: number, records: RecordColumns): number {
    this.remove(key, base);
    if (records.count === 0) return 0;
    const first = records.offset[0] as number;
    const bytes = encodeRecordBatch(records, { baseOffset: first, keepOffsets: true, checksum: false });
    this.#database.run(
      'INSERT INTO blocks (topic, partition, base, count, newest, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
      key.topic,
      key.partition,
      first,
      records.count,
      newestTimestamp(records, 0, records.count),
      checksum(bytes),
      bytes,
    );
    return bytes.length;
  }

  remove(key: PartitionKey, base: number): void {
    this.#database.run('DELETE FROM blocks WHERE topic = ? AND partition = ? AND base = ?', key.topic, key.partition, base);
  }

  /** Deletes the blocks that begin below `offset`. */
  removeBelow(key: PartitionKey, offset: number): void {
    this.#database.run('DELETE FROM blocks WHERE topic = ? AND partition = ? AND base < ?', key.topic, key.partition, offset);
  }

  /** A partition's blocks from the oldest on, asked for as far as they are taken: there may be a hundred thousand of them. */
  *outlines(key: PartitionKey): Generator<BlockOutline> {
    const sql = `SELECT base, length(bytes) AS size, newest FROM blocks WHERE topic = ? AND partition = ? AND base >= ? ORDER BY base LIMIT ${LOT + 1}`;
    for (let from: number | null = Number.MIN_SAFE_INTEGER; from !== null; ) {
      const lot: readonly Omit<BlockOutline, 'next'>[] = this.#database.all(sql, key.topic, key.partition, from);
      for (let at = 0; at < Math.min(lot.length, LOT); at++)
        yield { ...(lot[at] as Omit<BlockOutline, 'next'>), next: lot[at + 1]?.base ?? null };
      from = lot[LOT]?.base ?? null;
    }
  }

  /** The block that begins at `base`. */
  get(key: PartitionKey, base: number): Block {
    return this.#block(key, this.#at(key, base) as BlockRow);
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

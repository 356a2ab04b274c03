import type { CommitRecord, RecordColumns } from '../contract/index.ts';
import { takeRecords } from '../records/index.ts';
import { BlockTable, type PartitionKey } from './block-table.ts';
import type { LogDatabase } from './log-database.ts';

/** A partition is compacted again when it has grown by this much and to twice its size after the last time. */
const COMPACT_AFTER = 8 * 1024 * 1024;
/** Share of the disk budget above which records that all have read are given up. */
const NEARLY_FULL = 0.9;

interface PartitionRow {
  readonly topic: number;
  readonly name: string;
  readonly partition: number;
  readonly first: number;
  readonly next: number;
  readonly bytes: number;
  readonly clean: number;
  readonly retention: number | null;
  readonly compacted: number;
}

/** Bytes appended between two cleanings. */
const CLEAN_EVERY = 8 * 1024 * 1024;
/** Milliseconds between two cleanings of a log that grows slowly. */
const CLEAN_PERIOD = 60_000;

/**
 * Deletes records whose time has passed (retention), records that a newer one of the same key replaces (compaction), and, when the disk budget is nearly
 * used up, the oldest records that every task has read. Nothing that a task has still to read, or would read again after a crash, is ever deleted.
 */
export class LogCleaner {
  readonly #database: LogDatabase;
  readonly #blocks: BlockTable;
  readonly #now: () => number;
  #appended = CLEAN_EVERY;
  #cleanedAt = Number.NEGATIVE_INFINITY;

  constructor(database: LogDatabase, now: () => number) {
    this.#database = database;
    this.#blocks = new BlockTable(database);
    this.#now = now;
  }

  /** Tells that so many bytes were appended; cleans when it is time. */
  appended(bytes: number): void {
    this.#appended += bytes;
    const now = this.#now();
    if (this.#appended < CLEAN_EVERY && now - this.#cleanedAt < CLEAN_PERIOD && this.#database.fullness() < NEARLY_FULL) return;
    this.#appended = 0;
    this.#cleanedAt = now;
    this.#database.transaction(() => this.clean());
  }

  /** Cleans all topics where there is something to do; within a transaction. */
  clean(): void {
    const partitions = this.#database.all<PartitionRow>(
      `SELECT t.id AS topic, t.name, p.number AS partition, p.first, p.next, p.bytes, p.compacted AS clean, t.retention, t.compacted
       FROM topics t JOIN partitions p ON p.topic = t.id`,
    );
    const floors = this.#floors();
    for (const row of partitions) {
      const floor = floors.get(row.name);
      if (row.retention !== null) this.#expire(row, this.#now() - row.retention, floor ?? row.next);
      if (row.compacted === 1 && row.bytes > row.clean * 2 + COMPACT_AFTER) this.#compact(row, floor ?? row.next);
    }
    if (this.#database.fullness() < NEARLY_FULL) return;
    for (const row of partitions) {
      const floor = floors.get(row.name);
      if (floor !== undefined) this.#expire(row, Number.POSITIVE_INFINITY, floor);
    }
  }

  /**
   * Per topic the lowest offset that a task has still to read or, from its newest snapshot, would read again. Commit records do not tell partitions apart,
   * so the lowest of all holds for all.
   */
  #floors(): ReadonlyMap<string, number> {
    const floors = new Map<string, number>();
    for (const { record } of this.#database.all<{ record: string }>('SELECT record FROM commits')) {
      const { task, positions, snapshotEpoch } = JSON.parse(record) as CommitRecord;
      const restored = this.#snapshotPositions(task, snapshotEpoch);
      for (const [input, position] of Object.entries(positions)) {
        for (const topic of Object.keys(position)) {
          floors.set(topic, Math.min(floors.get(topic) ?? Number.POSITIVE_INFINITY, restored[input]?.[topic] ?? 0));
        }
      }
    }
    return floors;
  }

  /** Where a task would begin to read again; nowhere known without a snapshot, which means at the start. */
  #snapshotPositions(task: string, epoch: number): CommitRecord['positions'] {
    const row = this.#database.get<{ header: string }>('SELECT header FROM snapshots WHERE task = ? AND epoch = ?', task, epoch);
    return row === undefined ? {} : (JSON.parse(row.header) as Pick<CommitRecord, 'positions'>).positions;
  }

  /** Deletes whole blocks from the oldest on, while all their records are older than `before` and below `floor`. */
  #expire(row: PartitionRow, before: number, floor: number): void {
    const blocks = this.#database.all<{ base: number; size: number; newest: number; next: number | null }>(
      `SELECT base, length(bytes) AS size, newest, lead(base) OVER (ORDER BY base) AS next FROM blocks
       WHERE topic = ? AND partition = ? ORDER BY base`,
      row.topic,
      row.partition,
    );
    let first = row.first;
    let freed = 0;
    for (const block of blocks) {
      const end = block.next ?? row.next;
      if (block.newest >= before || end > floor) break;
      this.#blocks.remove(row, block.base);
      first = end;
      freed += block.size;
    }
    if (freed > 0) this.#update(row, first, freed, row.clean);
  }

  #compact(row: PartitionRow, floor: number): void {
    const newest = new Map<string, number>();
    this.#eachRecord(row, (records, index, key) => newest.set(key, records.offset[index] as number));
    let bytes = 0;
    for (const block of [...this.#blocks.from(row, row.first)]) {
      const records = block.records();
      const kept = Int32Array.from({ length: records.count }, (_, index) => index).filter((index) => {
        const offset = records.offset[index] as number;
        const key = keyOf(records, index);
        return offset >= floor || offset === row.next - 1 || key === undefined || newest.get(key) === offset;
      });
      bytes += kept.length === records.count ? block.size : this.#blocks.rewrite(row, block.base, takeRecords(records, kept));
    }
    this.#update(row, row.first, row.bytes - bytes, bytes);
  }

  #eachRecord(key: PartitionKey & { readonly first: number }, visit: (records: RecordColumns, index: number, key: string) => void): void {
    for (const block of this.#blocks.from(key, key.first)) {
      const records = block.records();
      for (let index = 0; index < records.count; index++) {
        const text = keyOf(records, index);
        if (text !== undefined) visit(records, index, text);
      }
    }
  }

  #update(row: PartitionRow, first: number, freed: number, clean: number): void {
    this.#database.run(
      'UPDATE partitions SET first = ?, bytes = bytes - ?, compacted = ? WHERE topic = ? AND number = ?',
      first,
      freed,
      clean,
      row.topic,
      row.partition,
    );
  }
}

/** The key of a record, byte for byte, as a string; undefined where it has none. */
function keyOf(records: RecordColumns, index: number): string | undefined {
  const start = records.keyStart[index] as number;
  const length = records.keyLength[index] as number;
  return length < 0 ? undefined : Buffer.from(records.bytes.buffer, records.bytes.byteOffset + start, length).toString('latin1');
}

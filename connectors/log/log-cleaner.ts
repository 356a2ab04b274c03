import type { CommitRecord, RecordColumns } from '../contract/index.ts';
import { takeRecords } from '../records/index.ts';
import { retentionFloors } from '../topic-source/index.ts';
import { BlockTable, type PartitionKey } from './block-table.ts';
import { LogDatabase } from './log-database.ts';

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
  readonly keptBytes: number | null;
  readonly compacted: number;
}

/** Which of the oldest blocks go. */
interface Expiry {
  /** Those whose records are all older than this. */
  readonly before: number;
  /** Those without which the partition still has so many bytes. */
  readonly keptBytes: number;
}

const NEVER: Expiry = { before: Number.NEGATIVE_INFINITY, keptBytes: Number.POSITIVE_INFINITY };

/** Bytes appended between two cleanings, and, where there is a disk budget, the share of it that is less. */
const CLEAN_EVERY = 8 * 1024 * 1024;
const CLEAN_EVERY_SHARE = 1 / 64;
/** Milliseconds between two cleanings of a log that grows slowly. */
const CLEAN_PERIOD = 60_000;

/**
 * Deletes records whose time has passed or that a partition has no more room for (retention), records that a newer one of the same key replaces (compaction), and, when the disk budget is nearly
 * used up, the oldest records that every task has read. Nothing that a task has still to read, or would read again after a crash, is ever deleted.
 */
export class LogCleaner {
  readonly #database: LogDatabase;
  readonly #blocks: BlockTable;
  readonly #now: () => number;
  readonly #every: number;
  #appended: number;
  #cleanedAt = Number.NEGATIVE_INFINITY;

  constructor(database: LogDatabase, now: () => number) {
    this.#database = database;
    this.#blocks = new BlockTable(database);
    this.#now = now;
    this.#every = Math.min(CLEAN_EVERY, (database.maxBytes ?? Number.POSITIVE_INFINITY) * CLEAN_EVERY_SHARE);
    this.#appended = this.#every;
  }

  /** Tells that so many bytes were appended; cleans when it is time. */
  appended(bytes: number): void {
    this.#appended += bytes;
    const now = this.#now();
    // Not at each append of a nearly full log: as long as no task has read on, there is nothing more to give up.
    if (this.#appended < this.#every && now - this.#cleanedAt < CLEAN_PERIOD) return;
    this.#appended = 0;
    this.#cleanedAt = now;
    this.#database.transaction(() => this.clean());
  }

  /** Cleans all topics where there is something to do; within a transaction. */
  clean(): void {
    const partitions = this.#database.all<PartitionRow>(
      `SELECT t.id AS topic, t.name, p.number AS partition, p.first, p.next, p.bytes, p.compacted AS clean, t.retention,
         t.kept_bytes AS keptBytes, t.compacted
       FROM topics t JOIN partitions p ON p.topic = t.id`,
    );
    const floors = this.#floors();
    for (const row of partitions) {
      const floor = floors.get(row.name);
      const before = row.retention === null ? NEVER.before : this.#now() - row.retention;
      const expiry = { before, keptBytes: row.keptBytes ?? NEVER.keptBytes };
      if (row.retention !== null || row.bytes > expiry.keptBytes) this.#expire(row, expiry, floor ?? row.next);
      if (row.compacted === 1 && row.bytes > row.clean * 2 + COMPACT_AFTER) this.#compact(row, floor ?? row.next);
    }
    if (this.#database.fullness() < NEARLY_FULL) return;
    for (const row of partitions) {
      const floor = floors.get(row.name);
      if (floor !== undefined) this.#expire(row, { ...NEVER, before: Number.POSITIVE_INFINITY }, floor);
    }
  }

  #floors(): ReadonlyMap<string, number> {
    const commits = this.#database
      .all<{ record: string }>('SELECT record FROM commits')
      .map(({ record }) => JSON.parse(record) as CommitRecord);
    return retentionFloors(commits, (task, epoch) => this.#snapshotPositions(task, epoch));
  }

  #snapshotPositions(task: string, epoch: number): CommitRecord['positions'] | undefined {
    const row = this.#database.get<{ header: string }>('SELECT header FROM snapshots WHERE task = ? AND epoch = ?', task, epoch);
    return row === undefined ? undefined : (JSON.parse(row.header) as Pick<CommitRecord, 'positions'>).positions;
  }

  /** Deletes whole blocks from the oldest on, while they are to go and all their records are below `floor`. */
  #expire(row: PartitionRow, { before, keptBytes }: Expiry, floor: number): void {
    let first = row.first;
    let freed = 0;
    for (const block of this.#blocks.outlines(row)) {
      const end = block.next ?? row.next;
      const spare = row.bytes - freed - block.size >= keptBytes;
      if ((block.newest >= before && !spare) || end > floor) break;
      first = end;
      freed += block.size;
    }
    if (freed === 0) return;
    this.#blocks.removeBelow(row, first);
    this.#update(row, first, freed, row.clean);
  }

  #compact(row: PartitionRow, floor: number): void {
    const newest = new Map<string, number>();
    this.#eachRecord(row, (records, index, key) => newest.set(key, records.offset[index] as number));
    let bytes = 0;
    for (const { base } of [...this.#blocks.outlines(row)]) {
      const block = this.#blocks.get(row, base);
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

/** A cleaner with a connection of its own, for the thread that commits. */
export function openCleaner(folder: string, maxBytes: number | undefined): LogCleaner {
  return new LogCleaner(new LogDatabase(folder, maxBytes === undefined ? {} : { maxBytes }), Date.now);
}

import type { SqliteFile } from './sqlite-file.ts';

/** Layout of the tables; a file of a later one is refused. */
export const LAYOUT = 3;

/**
 * topics and partitions: names, settings and ranges. blocks: appended records, each block one RecordBatch (magic 2) of `count` records from offset `base`, whose own CRC-32C is 0 or right.
 * topics.kept_bytes is the retention by size of each partition. partitions.compacted is the size after the last compaction. owners: which process's token may commit a task.
 * commits: a task's newest commit record. snapshots, pages: the newest state of each task. Checksums are CRC-32.
 */
const TABLES = `
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, retention INTEGER, compacted INTEGER NOT NULL,
  kept_bytes INTEGER) STRICT;
CREATE TABLE partitions (topic INTEGER NOT NULL, number INTEGER NOT NULL, first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL,
  compacted INTEGER NOT NULL, PRIMARY KEY (topic, number)) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (topic INTEGER NOT NULL, partition INTEGER NOT NULL, base INTEGER NOT NULL, count INTEGER NOT NULL, newest INTEGER NOT NULL,
  checksum INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX blocks_by_base ON blocks (topic, partition, base);
CREATE TABLE owners (task TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE commits (task TEXT PRIMARY KEY, epoch INTEGER NOT NULL, checksum INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
CREATE TABLE snapshots (task TEXT NOT NULL, epoch INTEGER NOT NULL, checksum INTEGER NOT NULL, header TEXT NOT NULL, PRIMARY KEY (task, epoch)) STRICT;
CREATE TABLE pages (task TEXT NOT NULL, cell TEXT NOT NULL, page INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (task, cell, page)) STRICT;
PRAGMA user_version = ${LAYOUT};
`;

/** Makes the tables in an empty file; within a transaction. */
export function createTables(sqlite: SqliteFile): void {
  sqlite.exec(TABLES);
}

/** Brings tables of an earlier layout up to date: layout 2 had no retention by size. */
export function mendLayout(sqlite: SqliteFile): void {
  if (sqlite.pragma('user_version') !== 2) return;
  sqlite.transaction(() => {
    // Another process may have been faster.
    if (sqlite.pragma('user_version') !== 2) return;
    sqlite.exec(`ALTER TABLE topics ADD COLUMN kept_bytes INTEGER; PRAGMA user_version = ${LAYOUT}`);
  });
}

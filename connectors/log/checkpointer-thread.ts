/**
 * The thread that brings what the committer has written from SQLite's write-ahead log into the database, so that the committer can go on writing meanwhile.
 * Started by Checkpointer. Killed at any moment, it leaves what the next connection takes over.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteFile } from './sqlite-file.ts';

const owner = parentPort as NonNullable<typeof parentPort>;
let sqlite: SqliteFile | undefined;

function checkpoint(): void {
  try {
    if (sqlite === undefined) {
      sqlite = new SqliteFile(workerData as string);
      sqlite.prepareToWrite(undefined);
    }
    // As far as it goes without waiting for anyone.
    sqlite.query('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // What is in the write-ahead log is as durable there, and the committer's own connection tries again when it is long.
  }
}

owner.on('message', (ask: 'checkpoint' | null) => {
  if (ask === null) {
    sqlite?.close();
    owner.close();
    return;
  }
  checkpoint();
  owner.postMessage(null);
});

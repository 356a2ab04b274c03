/**
 * The thread that writes to the embedded log for all workers of a run. What they hand over while a transaction is under way waits for the next one, which takes all of it: one fsync for
 * all tasks. Started by CommitterThread; it loads little, so that it is there before the first epoch is.
 */
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Checkpointer } from './checkpointer.ts';
import type { CommitterStart, WriteReply, WriteRequest } from './committer-messages.ts';
import { blockBytes, type LogWrite, memoryOf, type WriteFault } from './log-write.ts';
import { failure, LogWriter } from './log-writer.ts';
import { openChannel } from './signal-channel.ts';
import { PAGE_BYTES, SqliteFile } from './sqlite-file.ts';

/** Pages that SQLite writes with a transaction besides its data, about. */
const PAGES_PER_WRITE = 4;
/** Pages of the write-ahead log after which this thread brings it into the database by itself: 256 MB, which a checkpointer that works keeps it from. */
const LONG_WAL = 16_384;

interface Waiting extends WriteRequest {
  readonly port: MessagePort;
}

const owner = parentPort as NonNullable<typeof parentPort>;
const { folder, maxBytes } = workerData as CommitterStart;
const file = join(folder, 'log.db');
const channel = openChannel(file);
const checkpointer = new Checkpointer(file);
const ports = new Set<MessagePort>();
let waiting: Waiting[] = [];
let sqlite: SqliteFile | undefined;

/** Opened with the first write: a run that ends before has nothing to open. */
function opened(): SqliteFile {
  if (sqlite !== undefined) return sqlite;
  const connection = new SqliteFile(file);
  connection.prepareToWrite(maxBytes);
  connection.exec(`PRAGMA wal_autocheckpoint = ${LONG_WAL}`);
  sqlite = connection;
  return connection;
}

function writeAll(writes: readonly LogWrite[]): readonly (WriteFault | undefined)[] {
  try {
    return new LogWriter(opened()).write(writes);
  } catch (thrown) {
    return writes.map(() => failure(thrown));
  }
}

function commitSoon(): void {
  const room = checkpointer.room();
  if (room === undefined) commitAll();
  else void room.then(commitAll);
}

function commitAll(): void {
  const taken = waiting;
  waiting = [];
  if (taken.length === 0) return;
  const faults = writeAll(taken.map(({ write }) => write));
  let bytes = 0;
  for (const [index, { port, id, write }] of taken.entries()) {
    const fault = faults[index];
    if (fault === undefined) {
      const blocks = blockBytes(write);
      bytes += blocks;
      checkpointer.wrote(blocks + bytesBeside(write));
    }
    // Given back: a heap that hardly grows would be slow to collect it here.
    const memory = memoryOf(write);
    port.postMessage({ id, fault, memory } satisfies WriteReply, memory);
  }
  channel.postMessage(null);
  if (bytes > 0) void clean(bytes);
}

/** What a write adds to the write-ahead log beside its blocks, about. */
function bytesBeside({ commit }: LogWrite): number {
  const pages = commit?.snapshot?.pages ?? [];
  return pages.reduce((sum, page) => sum + page.bytes.length, PAGES_PER_WRITE * PAGE_BYTES);
}

let cleaner: Promise<{ appended(bytes: number): void }> | undefined;

/** Deletes what may go, where anything may. Its code is loaded when it is first needed. */
async function clean(bytes: number): Promise<void> {
  try {
    cleaner ??= mayShrink() ? import('./log-cleaner.ts').then(({ openCleaner }) => openCleaner(folder, maxBytes)) : undefined;
    (await cleaner)?.appended(bytes);
  } catch (thrown) {
    owner.postMessage(thrown);
  }
}

function mayShrink(): boolean {
  const limited = 'SELECT 1 FROM topics WHERE retention IS NOT NULL OR kept_bytes IS NOT NULL OR compacted = 1 LIMIT 1';
  return maxBytes !== undefined || opened().get(limited) !== undefined;
}

owner.on('message', (port: MessagePort | null) => {
  if (port === null) {
    end();
    return;
  }
  ports.add(port);
  port.on('close', () => ports.delete(port));
  port.on('message', (request: WriteRequest) => {
    waiting.push({ ...request, port });
    // After all messages that are there: they share the transaction.
    if (waiting.length === 1) setImmediate(commitSoon);
  });
});

function end(): void {
  commitAll();
  for (const port of ports) port.close();
  channel.close();
  checkpointer.close();
  sqlite?.close();
  owner.close();
}

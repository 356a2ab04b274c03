import { checksum } from './checksum.ts';
import type { CommitWrite, EncodedBlock, LogWrite, PartitionBlocks, SnapshotWrite, WriteFault } from './log-write.ts';
import type { SqliteFile } from './sqlite-file.ts';

interface Place {
  readonly topic: number;
  readonly partition: number;
  readonly next: number;
}

/** Carries out writes: all that wait in one transaction, so that they share its fsync. */
export class LogWriter {
  readonly #sqlite: SqliteFile;

  constructor(sqlite: SqliteFile) {
    this.#sqlite = sqlite;
  }

  /** Does each of the writes wholly or not at all; durable when it returns. Says for each what failed. */
  write(writes: readonly LogWrite[]): readonly (WriteFault | undefined)[] {
    try {
      return this.#sqlite.transaction(() => writes.map((write) => this.#one(write)));
    } catch (thrown) {
      if (writes.length === 1) return [failure(thrown)];
      // One of them may be what does not fit: the others need not fail with it.
      return writes.flatMap((write) => this.write([write]));
    }
  }

  #one({ outputs, commit }: LogWrite): WriteFault | undefined {
    if (commit !== undefined && !this.#owns(commit)) return { kind: 'fenced', task: commit.task, opened: commit.token !== undefined };
    const missing = outputs.find((output) => this.#place(output) === undefined);
    if (missing !== undefined) return { kind: 'missing', topic: missing.topic, partition: missing.partition };
    for (const output of outputs) this.#append(output.blocks, this.#place(output) as Place);
    if (commit !== undefined) this.#commit(commit);
    return undefined;
  }

  #owns({ task, token }: CommitWrite): boolean {
    const owner = this.#sqlite.get<{ token: string }>('SELECT token FROM owners WHERE task = ?', task);
    return token !== undefined && owner?.token === token;
  }

  #place({ topic, partition }: PartitionBlocks): Place | undefined {
    const sql = `SELECT p.topic, p.number AS partition, p.next FROM partitions p JOIN topics t ON t.id = p.topic WHERE t.name = ? AND p.number = ?`;
    return this.#sqlite.get(sql, topic, partition);
  }

  #append(blocks: readonly EncodedBlock[], { topic, partition, next }: Place): void {
    let base = next;
    let size = 0;
    for (const { count, newest, bytes } of blocks) {
      // The first field of a RecordBatch; its own checksum leaves it out.
      new DataView(bytes.buffer, bytes.byteOffset, 8).setBigInt64(0, BigInt(base));
      this.#sqlite.run(
        'INSERT INTO blocks (topic, partition, base, count, newest, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
        topic,
        partition,
        base,
        count,
        newest,
        checksum(bytes),
        bytes,
      );
      base += count;
      size += bytes.length;
    }
    this.#sqlite.run('UPDATE partitions SET next = ?, bytes = bytes + ? WHERE topic = ? AND number = ?', base, size, topic, partition);
  }

  #commit({ task, epoch, record, snapshotEpoch, snapshot }: CommitWrite): void {
    const sql = 'INSERT OR REPLACE INTO commits (task, epoch, checksum, record) VALUES (?, ?, ?, ?)';
    this.#sqlite.run(sql, task, epoch, checksum(record), record);
    if (snapshot !== undefined) this.#replaceSnapshot(task, snapshot);
    else if (this.#sqlite.run('DELETE FROM snapshots WHERE task = ? AND epoch < ?', task, snapshotEpoch) > 0) this.#dropPages(task);
  }

  #replaceSnapshot(task: string, { epoch, header, whole, gone, shortened, pages }: SnapshotWrite): void {
    const sqlite = this.#sqlite;
    sqlite.run('DELETE FROM snapshots WHERE task = ?', task);
    sqlite.run('INSERT INTO snapshots (task, epoch, checksum, header) VALUES (?, ?, ?, ?)', task, epoch, checksum(header), header);
    if (whole) this.#dropPages(task);
    for (const cell of gone) sqlite.run('DELETE FROM pages WHERE task = ? AND cell = ?', task, cell);
    for (const { cell, pages: kept } of shortened)
      sqlite.run('DELETE FROM pages WHERE task = ? AND cell = ? AND page >= ?', task, cell, kept);
    for (const { cell, page, bytes } of pages)
      sqlite.run('INSERT OR REPLACE INTO pages (task, cell, page, bytes) VALUES (?, ?, ?, ?)', task, cell, page, bytes);
  }

  #dropPages(task: string): void {
    this.#sqlite.run('DELETE FROM pages WHERE task = ?', task);
  }
}

/** What SQLite threw, as plain data. */
export function failure(thrown: unknown): WriteFault {
  const { message, errcode } = thrown as { readonly message?: string; readonly errcode?: number };
  return { kind: 'failed', message: message ?? String(thrown), errcode };
}

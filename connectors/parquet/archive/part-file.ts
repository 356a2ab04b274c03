import { closeSync, fsync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Batch, type BatchSchema, batchesFromIpc, batchToIpc, emptyBatch } from '../../../columnar/index.ts';
import type { Encoding } from '../encode/encoding.ts';
import { type FileForm, fileForm } from '../encode/file-form.ts';
import type { GroupEncoder } from '../encode/group-encoder.ts';
import type { WrittenGroup } from '../encode/group-host.ts';
import { fileHead, fileTail, HEAD_BYTES } from '../format/row-group-file.ts';
import { readThrift } from '../format/thrift-reader.ts';
import { THRIFT, ThriftStruct } from '../format/thrift-value.ts';
import { writeThrift } from '../format/thrift-writer.ts';
import { FileOrigin, type OriginRecord } from './file-origin.ts';
import { RowBytes } from './row-bytes.ts';

/** A file under way as a manifest keeps it: how much of its bytes counts, and what its footer will need. */
export interface PartRecord {
  readonly id: string;
  readonly folder: string;
  /** Watermark at which the file is finished, and the end of its key's time; null for none. */
  readonly endsAt: number | null;
  readonly keyEndsAt: number | null;
  readonly bytes: number;
  readonly rows: number;
  /** Row groups and the footer they came with, as Thrift in base64. */
  readonly groups: readonly string[];
  readonly footer: string | null;
  /** Bytes of the journal of rows that fill no row group yet. */
  readonly journalBytes: number;
  readonly origin: OriginRecord;
}

/** Which file it is, where it belongs, and when it is over. */
export interface PartKey {
  readonly id: string;
  readonly folder: string;
  readonly endsAt: number;
  readonly keyEndsAt: number;
}

/** Makes the file's bytes durable, without holding up the thread. */
const synced = promisify(fsync);

/** How files are encoded, and by whom. */
export interface PartWriter {
  readonly encoding: Encoding;
  readonly encoder: GroupEncoder;
}

/**
 * One Parquet file under way: whole row groups in `<id>.parquet.part`, the rows that fill none yet in memory and, once an epoch is prepared, in a
 * journal of Arrow IPC streams beside it. Both files only grow, so any earlier state is a prefix. Row groups may still be on their way to the file; what needs them waits.
 */
export class PartFile {
  readonly id: string;
  readonly folder: string;
  /** Watermark at which the file is finished. */
  readonly endsAt: number;
  /** End of its key's time: before `endsAt` when its rows came late. */
  readonly keyEndsAt: number;
  rows = 0;
  readonly origin: FileOrigin;
  readonly #directory: string;
  readonly #writer: PartWriter;
  readonly #file: number;
  #isClosed = false;
  #form: FileForm | undefined;
  /** Of the head and of row groups that are written. */
  #bytes = HEAD_BYTES;
  #groups: Uint8Array[] = [];
  #footer: ThriftStruct | undefined;
  /** Row groups on their way: how many, at most how many bytes, and when the newest of them is there. */
  #underWay = 0;
  #bytesUnderWay = 0;
  #newest: Promise<void> = Promise.resolve();
  #pending: Batch[] = [];
  #pendingRows = 0;
  #pendingBytes = 0;
  /** Batches of `#pending` that are in the journal. */
  #journaled = 0;
  #journalBytes = 0;

  constructor(directory: string, writer: PartWriter, key: PartKey, record?: PartRecord) {
    this.id = key.id;
    this.folder = key.folder;
    this.endsAt = key.endsAt;
    this.keyEndsAt = key.keyEndsAt;
    this.#directory = directory;
    this.#writer = writer;
    this.origin = new FileOrigin(record?.origin);
    this.#file = openSync(this.path, record === undefined ? 'w' : 'r+');
    if (record === undefined) writeSync(this.#file, fileHead(), 0, HEAD_BYTES, 0);
    else this.#restore(record);
  }

  /** Where the file is written until it is published. */
  get path(): string {
    return join(this.#directory, `${this.id}.parquet.part`);
  }

  get pendingRows(): number {
    return this.#pendingRows;
  }

  /** As `RowBytes` counts them. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes of the file, were it complete but for its footer: exactly when nothing is on its way, else as many as it can be. */
  get mostBytes(): number {
    return this.#bytes + this.#bytesUnderWay;
  }

  /** Adds rows; the caller ends the row group when it is full. */
  append(batch: Batch): void {
    if (batch.numRows === 0) return;
    this.#hold(batch);
    this.rows += batch.numRows;
  }

  #hold(batch: Batch): void {
    this.#pending.push(batch);
    this.#pendingRows += batch.numRows;
    this.#pendingBytes += new RowBytes(batch).between(0, batch.numRows);
  }

  /** Sends the pending rows on their way as a row group. */
  endRowGroup(): void {
    const first = this.#pending[0];
    if (first === undefined) return;
    const { encoder, encoding } = this.#writer;
    this.#form ??= fileForm(first, encoding);
    const rows = this.#form.group(this.#pending, encoder.takeSpare());
    this.#pending = [];
    this.#pendingRows = 0;
    this.#pendingBytes = 0;
    this.#journaled = 0;
    this.#journalBytes = 0;
    const written = encoder.write({ file: this.#file, position: this.#underWay === 0 ? this.#bytes : undefined, rows });
    if (written instanceof Promise) this.#await(written, this.#form.mostBytes(rows));
    else this.#add(written);
  }

  #await(written: Promise<WrittenGroup>, mostBytes: number): void {
    this.#underWay++;
    this.#bytesUnderWay += mostBytes;
    const newest = Promise.all([written, this.#newest]).then(([group]) => {
      this.#add(group);
      this.#underWay--;
      // Infinite where it is not known, which no difference would end.
      this.#bytesUnderWay = this.#underWay === 0 ? 0 : this.#bytesUnderWay - mostBytes;
    });
    // Whoever needs the groups is told.
    newest.catch(() => {});
    this.#newest = newest;
  }

  #add(written: WrittenGroup): void {
    this.#groups.push(written.group);
    this.#footer ??= this.#form?.footer();
    this.#bytes += written.bytes;
  }

  /** Resolves when all row groups are in the file. */
  settled(): Promise<void> {
    return this.#newest;
  }

  /** Makes everything so far durable, and tells how to come back to it. */
  async save(): Promise<PartRecord> {
    if (this.#underWay > 0) await this.#newest;
    await this.#journal();
    await synced(this.#file);
    return {
      id: this.id,
      folder: this.folder,
      endsAt: finiteOrNull(this.endsAt),
      keyEndsAt: finiteOrNull(this.keyEndsAt),
      bytes: this.#bytes,
      rows: this.rows,
      groups: this.#groups.map(toBase64),
      footer: this.#footer === undefined ? null : toBase64(writeThrift(this.#footer)),
      journalBytes: this.#journalBytes,
      origin: this.origin.record(),
    };
  }

  /**
   * Completes the file, durably; its rows can then be read, though under its temporary name. `task` goes with the origin into its metadata.
   * A file without rows takes its columns from `schema`.
   */
  async finish(task: string | undefined, schema?: BatchSchema): Promise<void> {
    this.endRowGroup();
    await this.#newest;
    const footer = (this.#footer ?? fileForm(emptyBatch(schema as BatchSchema), this.#writer.encoding).footer()).copy();
    if (task !== undefined) {
      const origin = new ThriftStruct().setText(1, 'millrace.origin').setText(2, JSON.stringify(this.origin.metadata(task)));
      footer.setStructs(5, [...footer.structs(5), origin]);
    }
    const groups = this.#groups.map((group) => readThrift(group));
    const tail = fileTail(footer.setStructs(4, groups).set(3, THRIFT.i64, this.rows).setText(6, 'millrace'));
    writeSync(this.#file, tail, 0, tail.length, this.#bytes);
    ftruncateSync(this.#file, this.#bytes + tail.length);
    await synced(this.#file);
    this.#close();
  }

  /** Closes without completing: a restart comes back to the last saved state. */
  async abandon(): Promise<void> {
    await this.#newest.catch(() => {});
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#file);
  }

  /** The journal belongs to the row group that its rows will fill: a full group begins a new one, and the old one stays for a recovery. */
  get #journalPath(): string {
    return join(this.#directory, `${this.id}.${this.#groups.length}.rows`);
  }

  async #journal(): Promise<void> {
    if (this.#journaled === this.#pending.length) return;
    const file = openSync(this.#journalPath, this.#journalBytes === 0 ? 'w' : 'r+');
    for (const batch of this.#pending.slice(this.#journaled)) {
      const ipc = batchToIpc(batch);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(ipc.length);
      writeSync(file, length, 0, 4, this.#journalBytes);
      writeSync(file, ipc, 0, ipc.length, this.#journalBytes + 4);
      this.#journalBytes += 4 + ipc.length;
    }
    await synced(file);
    closeSync(file);
    this.#journaled = this.#pending.length;
  }

  #restore(record: PartRecord): void {
    this.#bytes = record.bytes;
    this.rows = record.rows;
    this.#groups = record.groups.map(fromBase64);
    this.#footer = record.footer === null ? undefined : readThrift(fromBase64(record.footer));
    ftruncateSync(this.#file, record.bytes);
    this.#journalBytes = record.journalBytes;
    const journal = record.journalBytes === 0 ? Buffer.alloc(0) : readFileSync(this.#journalPath);
    for (let at = 0; at < record.journalBytes; at += 4 + journal.readUInt32LE(at)) {
      const ipc = journal.subarray(at + 4, at + 4 + journal.readUInt32LE(at));
      // A copy of its own: Arrow needs aligned bytes, and the journal is not kept.
      for (const batch of batchesFromIpc(new Uint8Array(ipc))) this.#hold(batch);
    }
    this.#journaled = this.#pending.length;
  }
}

/** Deletes what a part file left in `directory`, except the files named. */
export function sweep(directory: string, names: readonly string[], keep: ReadonlySet<string>): void {
  for (const name of names) if (/\.(part|rows)$/.test(name) && !keep.has(name)) rmSync(join(directory, name), { force: true });
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');

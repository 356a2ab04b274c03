import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, describeSchema, selectColumns, takeRows } from '../../../columnar/index.ts';
import { MillraceError, type StreamBatch } from '../../../streams/index.ts';
import type { Sink } from '../../contract/index.ts';
import type { Encoding } from '../encode/encoding.ts';
import { type EncodeIn, GroupEncoder } from '../encode/group-encoder.ts';
import { WORK_FOLDER } from './archived-end.ts';
import { deleteManifest, manifestEpochs, type Publication, publish, readManifest, writeManifest } from './manifest.ts';
import { PartFile, type PartWriter, sweep } from './part-file.ts';
import { checkPartitioning, type Partitioning, type PartitionKey, PartitionKeys } from './partition-keys.ts';
import { RowBytes } from './row-bytes.ts';
import { rowsByKey } from './rows-by-key.ts';
import { WaitingWork } from './waiting-work.ts';

/** What an archive does, settled. */
export interface ArchiveSettings {
  readonly root: string;
  readonly prefix: string;
  readonly partitioning: Partitioning;
  readonly encoding: Encoding;
  readonly encodeIn: EncodeIn;
  readonly rowGroupRows: number;
  readonly rowGroupBytes: number;
  readonly rollRows: number;
  readonly rollBytes: number;
  readonly maxOpenFiles: number;
}

/** Writes rolling Parquet files; see `archive`. Which rows share a file depends on the rows and their order, never on batches or epochs. */
export class ArchiveSink<T extends TypeMap> implements Sink<T> {
  readonly #settings: ArchiveSettings;
  readonly #keys: PartitionKeys;
  readonly #writer: PartWriter;
  readonly #open = new Map<number, PartFile>();
  /** Files of which the last row group, or the end, is on its way. */
  #finishing: Promise<void>[] = [];
  readonly #writing = new WaitingWork((thrown) => this.#failure(thrown));
  #task = '';
  #directory = '';
  #nextFile = 0;
  #schemaText = '';
  #lastSchema: BatchSchema | undefined;
  #publish: Publication[] = [];
  /** Rows were written since the last prepare; an epoch was prepared and not yet committed. */
  #dirty = false;
  #prepared: number | undefined;
  #committed = 0;

  constructor(settings: ArchiveSettings) {
    this.#settings = settings;
    this.#keys = new PartitionKeys(settings.partitioning);
    this.#writer = { encoding: settings.encoding, encoder: new GroupEncoder(settings.encodeIn) };
  }

  async open(task: string): Promise<void> {
    this.#task = task;
    const name = task.replace(/[^\w.-]/g, '_');
    this.#directory = join(this.#settings.root, WORK_FOLDER, `${this.#settings.prefix}${name}`);
    await this.#guard(() => void mkdirSync(this.#directory, { recursive: true }));
  }

  /** Waits only while more row groups are under way than memory should hold, or while the size of a file decides about its next row. */
  write(input: StreamBatch<T>): Promise<void> | void {
    return this.#writing.run(this.#writeRows(input));
  }

  *#writeRows(input: StreamBatch<T>): Generator<Promise<void>, void> {
    const { batch } = input;
    this.#meetSchema(batch.schema);
    const numbers = this.#keys.numbersOf(batch);
    for (let from = 0; from < batch.numRows; ) {
      const to = this.#closeFinished(input, from);
      yield* this.#writeSegment(input, numbers, from, to);
      from = to;
    }
    if (batch.numRows > 0) this.#dirty = true;
  }

  /** Files under way with other columns, of a pipeline that was changed since, are finished as they are. */
  #meetSchema(schema: BatchSchema): void {
    if (schema === this.#lastSchema) return;
    checkPartitioning(schema, this.#settings.partitioning);
    const text = describeSchema(schema).join('\n');
    if (this.#schemaText !== '' && this.#schemaText !== text) for (const number of [...this.#open.keys()]) this.#finish(number);
    this.#schemaText = text;
    this.#lastSchema = schema;
  }

  prepare(epoch: number): Promise<void> {
    return this.#guard(async () => {
      await this.#writing.done();
      if (!this.#dirty) return;
      const open = await Promise.all([...this.#open.values()].map((file) => file.save()));
      await Promise.all(this.#finishing);
      this.#finishing = [];
      writeManifest(this.#directory, {
        version: 1,
        epoch,
        schema: this.#schemaText,
        nextFile: this.#nextFile,
        open,
        publish: this.#publish,
      });
      this.#prepared = epoch;
    });
  }

  commit(epoch: number): Promise<void> {
    return this.#guard(() => {
      this.#committed = epoch;
      if (this.#prepared !== epoch) return;
      publish(this.#settings.root, this.#directory, this.#publish);
      this.#publish = [];
      this.#prepared = undefined;
      this.#dirty = false;
      for (const older of manifestEpochs(this.#directory)) if (older < epoch) deleteManifest(this.#directory, older);
      sweep(this.#directory, readdirSync(this.#directory), this.#namesInUse());
    });
  }

  recover(epoch: number | undefined): Promise<void> {
    return this.#guard(async () => {
      await this.#abandon();
      const epochs = manifestEpochs(this.#directory);
      const newest = epochs.filter((one) => epoch !== undefined && one <= epoch).at(-1);
      for (const later of epochs) if (newest === undefined || later > newest) deleteManifest(this.#directory, later);
      this.#committed = epoch ?? 0;
      if (newest !== undefined) this.#restore(newest);
      sweep(this.#directory, readdirSync(this.#directory), this.#namesInUse());
    });
  }

  /** Forgets everything since the last prepare; waits for what is on its way, which must not reach a file that is written anew. */
  async #abandon(): Promise<void> {
    await Promise.allSettled([this.#writing.done(), ...this.#finishing]);
    await Promise.all([...this.#open.values()].map((file) => file.abandon()));
    this.#open.clear();
    this.#writing.forget();
    this.#finishing = [];
    this.#publish = [];
    this.#prepared = undefined;
    this.#dirty = false;
  }

  /** Files under way are published when all their rows are committed; else a restart goes on from what was. */
  async close(): Promise<void> {
    try {
      if (this.#dirty || this.#open.size === 0) return await this.#abandon();
      for (const number of [...this.#open.keys()]) this.#finish(number);
      this.#dirty = true;
      await this.prepare(this.#committed);
      await this.commit(this.#committed);
    } finally {
      await this.#writer.encoder.close();
    }
  }

  #restore(epoch: number): void {
    const manifest = readManifest(this.#directory, epoch);
    publish(this.#settings.root, this.#directory, manifest.publish);
    this.#nextFile = manifest.nextFile;
    this.#schemaText = manifest.schema;
    for (const record of manifest.open) {
      const endsAt = record.endsAt ?? Number.POSITIVE_INFINITY;
      const keyEndsAt = record.keyEndsAt ?? Number.POSITIVE_INFINITY;
      const file = new PartFile(this.#directory, this.#writer, { id: record.id, folder: record.folder, endsAt, keyEndsAt }, record);
      this.#open.set(this.#keys.intern({ folder: record.folder, endsAt: keyEndsAt }), file);
    }
  }

  /** Finishes the files whose time is over at row `from`, and returns the row at which the next one's may be. */
  #closeFinished(input: StreamBatch<T>, from: number): number {
    const now = input.watermark[from] as number;
    let next = this.#keys.endAfter(now);
    for (const [number, file] of [...this.#open]) {
      if (file.endsAt <= now) this.#finish(number);
      else next = Math.min(next, file.endsAt);
    }
    let row = from + 1;
    while (row < input.batch.numRows && (input.watermark[row] as number) < next) row++;
    return row;
  }

  *#writeSegment(input: StreamBatch<T>, numbers: Int32Array, from: number, to: number): Generator<Promise<void>, void> {
    for (const [number, rows] of rowsByKey(numbers, from, to)) {
      const batch = this.#columnsOf(rows === undefined ? (input.batch.slice(from, to) as Batch) : takeRows(input.batch as Batch, rows));
      const rowAt = (index: number) => (rows === undefined ? from + index : (rows[index] as number));
      const bytes = new RowBytes(batch);
      for (let at = 0; at < batch.numRows; ) {
        const file = this.#open.get(number) ?? this.#begin(number, input.watermark[rowAt(at)] as number);
        const room = Math.min(this.#settings.rowGroupRows - file.pendingRows, this.#settings.rollRows - file.rows);
        const end = bytes.reach(at, Math.min(batch.numRows, at + room), this.#settings.rowGroupBytes - file.pendingBytes);
        file.append(batch.slice(at, end) as Batch);
        file.origin.note(input, input.ordinal[rowAt(at)] as number, input.ordinal[rowAt(end - 1)] as number);
        at = end;
        yield* this.#endFull(number, file);
      }
    }
  }

  /** Ends a row group, and a file, that are full. */
  *#endFull(number: number, file: PartFile): Generator<Promise<void>, void> {
    const { rowGroupRows, rowGroupBytes, rollRows, rollBytes } = this.#settings;
    if (file.pendingRows === rowGroupRows || file.pendingBytes >= rowGroupBytes) {
      const { encoder } = this.#writer;
      file.endRowGroup();
      while (encoder.isFull) yield encoder.room();
    }
    // As many bytes as it has, not as many as it may have.
    if (file.rows < rollRows && file.mostBytes >= rollBytes) yield file.settled();
    if (file.rows === rollRows || file.mostBytes >= rollBytes) this.#finish(number);
  }

  /** A folder's name already tells its columns. */
  #columnsOf(batch: Batch): Batch {
    const { columns } = this.#settings.partitioning;
    if (columns.length === 0) return batch;
    const names = batch.schema.fields.map((field) => field.name as string).filter((name) => !columns.includes(name));
    return selectColumns(batch, names as never) as Batch;
  }

  #begin(number: number, watermark: number): PartFile {
    const { maxOpenFiles, root, prefix } = this.#settings;
    if (this.#open.size >= maxOpenFiles)
      throw new MillraceError('SINK_FAILED', `archive '${root}' has ${maxOpenFiles} files under way and needs another`, {
        hint: 'partition by columns of fewer values, give the stream an event time so that files can be finished, or raise maxOpenFiles',
      });
    const key: PartitionKey = this.#keys.key(number);
    const id = `${prefix}${this.#task.replace(/[^\w.-]/g, '_')}-${String(this.#nextFile++).padStart(8, '0')}`;
    // Late rows, whose time is over already, share a file until the next span of time ends.
    const endsAt = key.endsAt > watermark ? key.endsAt : this.#keys.endAfter(watermark);
    const file = new PartFile(this.#directory, this.#writer, { folder: key.folder, endsAt, keyEndsAt: key.endsAt, id });
    this.#open.set(number, file);
    return file;
  }

  #finish(number: number): void {
    const file = this.#open.get(number) as PartFile;
    this.#open.delete(number);
    const finishing = file.finish(this.#task);
    // `prepare` is told.
    finishing.catch(() => {});
    this.#finishing.push(finishing);
    this.#publish.push({ part: `${file.id}.parquet.part`, final: join(file.folder, `${file.id}.parquet`) });
    this.#dirty = true;
  }

  /** The newest manifest's files are kept too: a recovery may need them. */
  #namesInUse(): ReadonlySet<string> {
    const newest = manifestEpochs(this.#directory).at(-1);
    const records = newest === undefined ? [] : readManifest(this.#directory, newest).open;
    return new Set(records.flatMap(({ id, groups }) => [`${id}.parquet.part`, `${id}.${groups.length}.rows`]));
  }

  async #guard(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw this.#failure(thrown);
    }
  }

  #failure(thrown: unknown): MillraceError {
    return MillraceError.from(thrown, 'SINK_FAILED', { hint: `is there room, and leave to write, in '${this.#settings.root}'?` });
  }
}

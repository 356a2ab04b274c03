import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, describeSchema, selectColumns, takeRows } from '../../../columnar/index.ts';
import { MillraceError, type StreamBatch } from '../../../streams/index.ts';
import type { Sink } from '../../contract/index.ts';
import { WORK_FOLDER } from './archived-end.ts';
import type { Encoding } from './encode-row-group.ts';
import { deleteManifest, manifestEpochs, type Publication, publish, readManifest, writeManifest } from './manifest.ts';
import { PartFile, sweep } from './part-file.ts';
import { checkPartitioning, type Partitioning, type PartitionKey, PartitionKeys } from './partition-keys.ts';

/** What an archive does, settled. */
export interface ArchiveSettings {
  readonly root: string;
  readonly prefix: string;
  readonly partitioning: Partitioning;
  readonly encoding: Encoding;
  readonly rowGroupRows: number;
  readonly rollRows: number;
  readonly rollBytes: number;
  readonly maxOpenFiles: number;
}

/** Writes rolling Parquet files; see `archive`. Which rows share a file depends on the rows and their order, never on batches or epochs. */
export class ArchiveSink<T extends TypeMap> implements Sink<T> {
  readonly #settings: ArchiveSettings;
  readonly #keys: PartitionKeys;
  readonly #open = new Map<number, PartFile>();
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
  }

  async open(task: string): Promise<void> {
    this.#task = task;
    const name = task.replace(/[^\w.-]/g, '_');
    this.#directory = join(this.#settings.root, WORK_FOLDER, `${this.#settings.prefix}${name}`);
    this.#guard(() => mkdirSync(this.#directory, { recursive: true }));
  }

  write(input: StreamBatch<T>): void {
    this.#guard(() => {
      const { batch } = input;
      this.#meetSchema(batch.schema);
      const numbers = this.#keys.numbersOf(batch);
      for (let from = 0; from < batch.numRows; ) {
        const to = this.#closeFinished(input, from);
        this.#writeSegment(input, numbers, from, to);
        from = to;
      }
      if (batch.numRows > 0) this.#dirty = true;
    });
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

  async prepare(epoch: number): Promise<void> {
    this.#guard(() => {
      if (!this.#dirty) return;
      const open = [...this.#open.values()].map((file) => file.save());
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

  async commit(epoch: number): Promise<void> {
    this.#guard(() => {
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

  async recover(epoch: number | undefined): Promise<void> {
    this.#guard(() => {
      const epochs = manifestEpochs(this.#directory);
      const newest = epochs.filter((one) => epoch !== undefined && one <= epoch).at(-1);
      for (const later of epochs) if (newest === undefined || later > newest) deleteManifest(this.#directory, later);
      this.#committed = epoch ?? 0;
      for (const file of this.#open.values()) file.abandon();
      this.#open.clear();
      if (newest !== undefined) this.#restore(newest);
      sweep(this.#directory, readdirSync(this.#directory), this.#namesInUse());
    });
  }

  /** Files under way are published when all their rows are committed; else a restart goes on from what was. */
  async close(): Promise<void> {
    if (this.#dirty || this.#open.size === 0) {
      for (const file of this.#open.values()) file.abandon();
      this.#open.clear();
      return;
    }
    for (const number of [...this.#open.keys()]) this.#finish(number);
    this.#dirty = true;
    await this.prepare(this.#committed);
    await this.commit(this.#committed);
  }

  #restore(epoch: number): void {
    const manifest = readManifest(this.#directory, epoch);
    publish(this.#settings.root, this.#directory, manifest.publish);
    this.#nextFile = manifest.nextFile;
    this.#schemaText = manifest.schema;
    for (const record of manifest.open) {
      const endsAt = record.endsAt ?? Number.POSITIVE_INFINITY;
      const keyEndsAt = record.keyEndsAt ?? Number.POSITIVE_INFINITY;
      const file = new PartFile(
        this.#directory,
        this.#settings.encoding,
        { id: record.id, folder: record.folder, endsAt, keyEndsAt },
        record,
      );
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

  #writeSegment(input: StreamBatch<T>, numbers: Int32Array, from: number, to: number): void {
    for (const [number, rows] of groupRows(numbers, from, to)) {
      const batch = rows === undefined ? (input.batch.slice(from, to) as Batch) : takeRows(input.batch as Batch, rows);
      const rowAt = (index: number) => (rows === undefined ? from + index : (rows[index] as number));
      for (let at = 0; at < batch.numRows; ) {
        const file = this.#open.get(number) ?? this.#begin(number, input.watermark[rowAt(at)] as number);
        const room = Math.min(this.#settings.rowGroupRows - file.pendingRows, this.#settings.rollRows - file.rows);
        const end = Math.min(batch.numRows, at + room);
        file.append(this.#columnsOf(batch.slice(at, end) as Batch));
        file.origin.note(input, input.ordinal[rowAt(at)] as number, input.ordinal[rowAt(end - 1)] as number);
        at = end;
        if (file.pendingRows === this.#settings.rowGroupRows) file.endRowGroup();
        if (file.rows === this.#settings.rollRows || file.bytes >= this.#settings.rollBytes) this.#finish(number);
      }
    }
  }

  /** A folder's name already tells its columns. */
  #columnsOf(batch: Batch): Batch {
    const { columns } = this.#settings.partitioning;
    if (columns.length === 0) return batch;
    const names = batch.schema.fields.map((field) => field.name as string).filter((name) => !columns.includes(name));
    return selectColumns(batch, names as never) as Batch;
  }

  #begin(number: number, watermark: number): PartFile {
    const { maxOpenFiles, root, prefix, encoding } = this.#settings;
    if (this.#open.size >= maxOpenFiles)
      throw new MillraceError('SINK_FAILED', `archive '${root}' has ${maxOpenFiles} files under way and needs another`, {
        hint: 'partition by columns of fewer values, give the stream an event time so that files can be finished, or raise maxOpenFiles',
      });
    const key: PartitionKey = this.#keys.key(number);
    const id = `${prefix}${this.#task.replace(/[^\w.-]/g, '_')}-${String(this.#nextFile++).padStart(8, '0')}`;
    // Late rows, whose time is over already, share a file until the next span of time ends.
    const endsAt = key.endsAt > watermark ? key.endsAt : this.#keys.endAfter(watermark);
    const file = new PartFile(this.#directory, encoding, { folder: key.folder, endsAt, keyEndsAt: key.endsAt, id });
    this.#open.set(number, file);
    return file;
  }

  #finish(number: number): void {
    const file = this.#open.get(number) as PartFile;
    this.#open.delete(number);
    file.finish(this.#task);
    this.#publish.push({ part: `${file.id}.parquet.part`, final: join(file.folder, `${file.id}.parquet`) });
    this.#dirty = true;
  }

  /** The newest manifest's files are kept too: a recovery may need them. */
  #namesInUse(): ReadonlySet<string> {
    const newest = manifestEpochs(this.#directory).at(-1);
    const records = newest === undefined ? [] : readManifest(this.#directory, newest).open;
    return new Set(records.flatMap(({ id, groups }) => [`${id}.parquet.part`, `${id}.${groups.length}.rows`]));
  }

  #guard<R>(work: () => R): R {
    try {
      return work();
    } catch (thrown) {
      throw MillraceError.from(thrown, 'SINK_FAILED', { hint: `is there room, and leave to write, in '${this.#settings.root}'?` });
    }
  }
}

/** Rows [from, to) by key, keys in the order of first sight; undefined for all of them. */
function groupRows(numbers: Int32Array, from: number, to: number): Map<number, Int32Array | undefined> {
  const first = numbers[from] as number;
  let same = from + 1;
  while (same < to && numbers[same] === first) same++;
  if (same === to) return new Map([[first, undefined]]);
  const groups = new Map<number, number[]>();
  for (let row = from; row < to; row++) {
    const number = numbers[row] as number;
    const rows = groups.get(number);
    if (rows === undefined) groups.set(number, [row]);
    else rows.push(row);
  }
  return new Map([...groups].map(([number, rows]) => [number, Int32Array.from(rows)]));
}

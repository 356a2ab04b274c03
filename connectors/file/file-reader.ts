import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Decoder, Position, ReadBudget, RecordColumns, RejectedRecord, Source, SourceBatch } from '../contract/index.ts';
import { rawRecordAt } from '../records/index.ts';
import { firstAtOrAfter } from '../topic-source/index.ts';
import { unreadable } from './file-error.ts';
import { type InputFile, listFiles } from './file-list.ts';
import type { FileLayout } from './file-source.ts';
import { splitRecords } from './record-splitter.ts';

/** How long a followed file is waited for, ms. */
const POLL = 50;
const SMALLEST_CHUNK = 64 * 1024;
const LARGEST_CHUNK = 4 * 1024 * 1024;
/** A line that is longer than this stops the source: it is hardly text. */
const LONGEST_RECORD = 256 * 1024 * 1024;

/** What a reader needs to know. */
export interface FileReading<T extends TypeMap> {
  readonly path: string;
  readonly schema: BatchSchema<T>;
  readonly pattern: RegExp | undefined;
  readonly follow: boolean;
  readonly layout: FileLayout;
  decoderOf(fields: string[] | undefined): Decoder<T>;
}

/** A file and the name under which its position is kept. */
interface StreamFile extends InputFile {
  readonly stream: string;
}

/** Name, inode, and how often the file had been cut to nothing. */
const STREAM = /@(\d+)(?:-\d+)?$/;

/** A file while it is read. */
interface OpenFile<T extends TypeMap> {
  readonly file: StreamFile;
  readonly handle: FileHandle;
  readonly decoder: Decoder<T>;
}

/** Reads files one after the other; see {@link fileSource}. */
export class FileReader<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #reading: FileReading<T>;
  readonly #offsets = new Map<string, number>();
  #current: OpenFile<T> | undefined;
  #meanLength = 100;

  constructor(reading: FileReading<T>) {
    this.schema = reading.schema;
    this.#reading = reading;
  }

  async open(partition: number, position: Position | undefined): Promise<void> {
    if (partition !== 0) throw new MillraceError('INVALID_PIPELINE', `a file source has one partition, not ${partition + 1}`);
    for (const [stream, offset] of Object.entries(position ?? {})) this.#offsets.set(stream, offset);
    await this.#files();
  }

  async next(budget: ReadBudget): Promise<SourceBatch<T> | 'idle' | 'end'> {
    const batch = await this.#read(budget);
    if (batch !== undefined) return batch;
    if (budget.until !== undefined) return 'idle';
    if (!this.#reading.follow) return 'end';
    await new Promise((resolve) => setTimeout(resolve, POLL));
    return (await this.#read(budget)) ?? 'idle';
  }

  #files(): Promise<InputFile[]> {
    const known = new Set([...this.#offsets.keys()].map((stream) => STREAM.exec(stream)?.[1] ?? ''));
    return listFiles(this.#reading.path, this.#reading.pattern, known);
  }

  async #read(budget: ReadBudget): Promise<SourceBatch<T> | undefined> {
    const files = (await this.#files()).map((file) => ({ ...file, stream: this.#streamOf(file) }));
    if (budget.until !== undefined) this.#checkUntil(budget.until, files);
    for (const file of files) {
      const size = budget.until === undefined ? file.size : Math.min(budget.until[file.stream] ?? 0, file.size);
      if ((this.#offsets.get(file.stream) ?? 0) >= size) continue;
      const batch = await this.#readFile({ ...file, size }, budget);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  /** Name and inode of the file at first sight; a file that is shorter than what was read of it was cut to nothing and begun anew: that is another stream. */
  #streamOf(file: InputFile): string {
    const known = [...this.#offsets.keys()].filter((stream) => STREAM.exec(stream)?.[1] === file.inode);
    const newest = known.at(-1);
    if (newest === undefined) return `${basename(file.path)}@${file.inode}`;
    if ((this.#offsets.get(newest) ?? 0) <= file.size) return newest;
    return `${newest.split(/-\d+$/)[0] as string}-${known.length}`;
  }

  /** Rows that were committed must be read again from the files; when these are gone, waiting for them would never end. */
  #checkUntil(until: Position, files: readonly StreamFile[]): void {
    for (const [stream, offset] of Object.entries(until)) {
      const read = this.#offsets.get(stream) ?? 0;
      const file = files.find((candidate) => candidate.stream === stream);
      if (read >= offset || (file !== undefined && file.size >= offset)) continue;
      throw new MillraceError('SOURCE_FAILED', `cannot read ${stream} again from byte ${read} to ${offset}: it was deleted or cut short`, {
        hint: 'keep rotated files until the next snapshot, or begin anew with --fresh',
      });
    }
  }

  async #readFile(file: StreamFile, budget: ReadBudget): Promise<SourceBatch<T> | undefined> {
    try {
      const { handle, decoder } = await this.#opened(file);
      const records = await this.#records(handle, file, budget);
      if (records === undefined || records.count === 0) return undefined;
      return this.#batch(file, decoder, records);
    } catch (thrown) {
      throw unreadable(file.path, thrown);
    }
  }

  async #opened(file: StreamFile): Promise<OpenFile<T>> {
    if (this.#current?.file.stream === file.stream) return this.#current;
    await this.#current?.handle.close();
    this.#current = undefined;
    const handle = await open(file.path);
    const fields = this.#reading.layout.header ? await this.#header(handle, file) : undefined;
    this.#current = { file, handle, decoder: this.#reading.decoderOf(fields) };
    return this.#current;
  }

  /** The names in the first record of a file; a file that is read from its beginning goes on after it. */
  async #header(handle: FileHandle, file: StreamFile): Promise<string[]> {
    const { quote, delimiter = ',' } = this.#reading.layout;
    const { bytesRead, buffer } = await handle.read(new Uint8Array(Math.min(file.size, SMALLEST_CHUNK)), 0, undefined, 0);
    const { starts, lengths, end } = splitRecords(buffer, bytesRead, bytesRead === file.size, 1, quote);
    const start = starts[0] ?? 0;
    const text = new TextDecoder().decode(buffer.subarray(start, start + (lengths[0] ?? 0))).replace(/^\ufeff/, '');
    this.#offsets.set(file.stream, Math.max(this.#offsets.get(file.stream) ?? 0, end));
    const mark = String.fromCharCode(quote ?? 0);
    return text.split(delimiter).map((name) => (name.startsWith(mark) && name.endsWith(mark) ? name.slice(1, -1) : name).trim());
  }

  /** Whole records from the file's offset on, at most as many as the budget allows; the offset then stands behind them. */
  async #records(handle: FileHandle, file: StreamFile, budget: ReadBudget): Promise<RecordColumns | undefined> {
    const from = this.#offsets.get(file.stream) ?? 0;
    const left = file.size - from;
    const last = !this.#reading.follow || budget.until !== undefined;
    const expected = Math.min(budget.bytes, LARGEST_CHUNK, Math.ceil(budget.rows * this.#meanLength * 1.25));
    for (let chunk = Math.max(SMALLEST_CHUNK, expected); left > 0; chunk *= 4) {
      const size = Math.min(chunk, left);
      const { bytesRead, buffer } = await handle.read(new Uint8Array(size), 0, size, from);
      const split = splitRecords(buffer, bytesRead, last && bytesRead === left, Math.max(budget.rows, 1), this.#reading.layout.quote);
      if (split.end > 0) {
        this.#offsets.set(file.stream, from + split.end);
        return recordsOf(buffer.subarray(0, split.end), split.starts, split.lengths, from, file.born);
      }
      if (bytesRead === left || bytesRead === 0) return undefined;
      if (size >= LONGEST_RECORD)
        throw new MillraceError('SOURCE_FAILED', `${file.path} has a line of more than ${size} bytes at byte ${from}`);
    }
    return undefined;
  }

  async #batch(file: StreamFile, decoder: Decoder<T>, records: RecordColumns): Promise<SourceBatch<T>> {
    const decoded = decoder.decode(records);
    const offset = new Float64Array(decoded.record.length);
    for (let row = 0; row < offset.length; row++) offset[row] = records.offset[decoded.record[row] as number] as number;
    const rejects = decoded.rejects.map(
      ({ record, reason }): RejectedRecord => ({
        source: file.stream,
        partition: 0,
        record: rawRecordAt(records, record),
        reason,
      }),
    );
    const bytes = records.bytes.length;
    this.#meanLength = Math.max(bytes / records.count, 1);
    return {
      batch: decoded.batch,
      source: file.stream,
      partition: 0,
      offset,
      records: records.count,
      rejects,
      position: Object.fromEntries(this.#offsets),
      lag: Math.ceil((await this.#bytesLeft()) / this.#meanLength),
      bytes,
      rawRecord: (wanted) => {
        const index = firstAtOrAfter(records, wanted);
        return records.offset[index] === wanted ? rawRecordAt(records, index) : undefined;
      },
    };
  }

  async #bytesLeft(): Promise<number> {
    const files = await this.#files();
    return files.reduce((sum, file) => sum + Math.max(file.size - (this.#offsets.get(this.#streamOf(file)) ?? 0), 0), 0);
  }

  async close(): Promise<void> {
    await this.#current?.handle.close().catch(() => {});
    this.#current = undefined;
  }
}

function recordsOf(bytes: Uint8Array, starts: number[], lengths: number[], from: number, timestamp: number): RecordColumns {
  const count = starts.length;
  const none = new Int32Array(count);
  return {
    count,
    bytes,
    keyStart: none,
    keyLength: new Int32Array(count).fill(-1),
    valueStart: Int32Array.from(starts),
    valueLength: Int32Array.from(lengths),
    timestamp: new Float64Array(count).fill(timestamp),
    offset: Float64Array.from(starts, (start) => from + start),
    headersStart: none,
    headersLength: none,
  };
}

import { basename } from 'node:path';
import type { TypeMap } from 'apache-arrow';
import type { BatchSchema } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';
import type { Decoder, Position, ReadBudget, RecordColumns, RejectedRecord, Source, SourceBatch } from '../contract/index.ts';
import { rawRecordAt } from '../records/index.ts';
import { firstAtOrAfter } from '../topic-source/index.ts';
import { type FileBytes, isPacked, openBytes } from './file-bytes.ts';
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
  readonly bytes: FileBytes;
  readonly decoder: Decoder<T>;
}

/** Reads files one after the other; see {@link fileSource}. */
export class FileReader<T extends TypeMap> implements Source<T> {
  readonly schema: BatchSchema<T>;
  readonly #reading: FileReading<T>;
  readonly #offsets = new Map<string, number>();
  /** Packed files that were read to their end: how long they are unpacked is known only then. */
  readonly #finished = new Set<string>();
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

  async #files(): Promise<InputFile[]> {
    const known = new Set([...this.#offsets.keys()].map((stream) => STREAM.exec(stream)?.[1] ?? ''));
    const files = await listFiles(this.#reading.path, this.#reading.pattern, known);
    const packed = this.#reading.follow ? files.find(({ path }) => isPacked(path)) : undefined;
    if (packed === undefined) return files;
    throw new MillraceError('SOURCE_FAILED', `${packed.path} is packed, and cannot be followed`, {
      hint: 'leave packed files out with a pattern, or read them without follow',
    });
  }

  async #read(budget: ReadBudget): Promise<SourceBatch<T> | undefined> {
    const files = (await this.#files()).map((file) => ({ ...file, stream: this.#streamOf(file) }));
    if (budget.until !== undefined) this.#checkUntil(budget.until, files);
    for (const file of files) {
      if (this.#finished.has(file.stream)) continue;
      const length = isPacked(file.path) ? Number.POSITIVE_INFINITY : file.size;
      const size = budget.until === undefined ? length : Math.min(budget.until[file.stream] ?? 0, length);
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
    if (isPacked(file.path) || (this.#offsets.get(newest) ?? 0) <= file.size) return newest;
    return `${newest.split(/-\d+$/)[0] as string}-${known.length}`;
  }

  /** Rows that were committed must be read again from the files; when these are gone, waiting for them would never end. */
  #checkUntil(until: Position, files: readonly StreamFile[]): void {
    for (const [stream, offset] of Object.entries(until)) {
      const read = this.#offsets.get(stream) ?? 0;
      const file = files.find((candidate) => candidate.stream === stream);
      const mayHold = file !== undefined && (isPacked(file.path) ? !this.#finished.has(stream) : file.size >= offset);
      if (read >= offset || mayHold) continue;
      throw new MillraceError('SOURCE_FAILED', `cannot read ${stream} again from byte ${read} to ${offset}: it was deleted or cut short`, {
        hint: 'keep rotated files until the next snapshot, or begin anew with --fresh',
      });
    }
  }

  async #readFile(file: StreamFile, budget: ReadBudget): Promise<SourceBatch<T> | undefined> {
    try {
      const { bytes, decoder } = await this.#opened(file);
      const records = await this.#records(bytes, file, budget);
      if (records === undefined || records.count === 0) return undefined;
      return this.#batch(file, decoder, records);
    } catch (thrown) {
      throw unreadable(file.path, thrown);
    }
  }

  async #opened(file: StreamFile): Promise<OpenFile<T>> {
    if (this.#current?.file.stream === file.stream) return this.#current;
    await this.#current?.bytes.close();
    this.#current = undefined;
    const bytes = await openBytes(file.path);
    try {
      const fields = this.#reading.layout.header ? await this.#header(bytes, file) : undefined;
      this.#current = { file, bytes, decoder: this.#reading.decoderOf(fields) };
    } catch (thrown) {
      await bytes.close();
      throw thrown;
    }
    return this.#current;
  }

  /** The names in the first record of a file; a file that is read from its beginning goes on after it. */
  async #header(bytes: FileBytes, file: StreamFile): Promise<string[]> {
    const { quote, delimiter = ',' } = this.#reading.layout;
    const head = await bytes.read(0, SMALLEST_CHUNK);
    const { starts, lengths, end } = splitRecords(head, head.length, head.length < SMALLEST_CHUNK, 1, quote);
    const start = starts[0] ?? 0;
    const text = new TextDecoder().decode(head.subarray(start, start + (lengths[0] ?? 0))).replace(/^\ufeff/, '');
    this.#offsets.set(file.stream, Math.max(this.#offsets.get(file.stream) ?? 0, end));
    const mark = String.fromCharCode(quote ?? 0);
    return text.split(delimiter).map((name) => (name.startsWith(mark) && name.endsWith(mark) ? name.slice(1, -1) : name).trim());
  }

  /** Whole records from the file's offset on, at most as many as the budget allows; the offset then stands behind them. */
  async #records(bytes: FileBytes, file: StreamFile, budget: ReadBudget): Promise<RecordColumns | undefined> {
    const from = this.#offsets.get(file.stream) ?? 0;
    const left = file.size - from;
    const last = !this.#reading.follow || budget.until !== undefined;
    const expected = Math.min(budget.bytes, LARGEST_CHUNK, Math.ceil(budget.rows * this.#meanLength * 1.25));
    for (let chunk = Math.max(SMALLEST_CHUNK, expected); left > 0; chunk *= 4) {
      const size = Math.min(chunk, left);
      const read = await bytes.read(from, size);
      const ends = read.length === left || read.length < size;
      const split = splitRecords(read, read.length, last && ends, Math.max(budget.rows, 1), this.#reading.layout.quote);
      if (split.end > 0) {
        this.#offsets.set(file.stream, from + split.end);
        return recordsOf(read.subarray(0, split.end), split.starts, split.lengths, from, file.born);
      }
      if (ends && isPacked(file.path)) this.#finished.add(file.stream);
      if (ends) return undefined;
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
    return files.reduce((sum, file) => sum + this.#bytesLeftOf(file), 0);
  }

  /** Of a packed file at least a byte until its end was met: how much is left is not known. */
  #bytesLeftOf(file: InputFile): number {
    const stream = this.#streamOf(file);
    if (isPacked(file.path)) return this.#finished.has(stream) ? 0 : 1;
    return Math.max(file.size - (this.#offsets.get(stream) ?? 0), 0);
  }

  async close(): Promise<void> {
    await this.#current?.bytes.close().catch(() => {});
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

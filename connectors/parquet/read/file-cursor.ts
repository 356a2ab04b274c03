import { Schema } from 'apache-arrow';
import { makeBatch } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { type ColumnForm, flatColumns } from '../decode/flat-column.ts';
import { columnRange } from '../format/column-range.ts';
import type { Footer, RowGroup } from '../format/footer.ts';
import { engineReason, unreadable } from '../format/unreadable.ts';
import { blockBatch } from './block-batch.ts';
import { blockBytes, type DecodedBlock } from './column-block.ts';
import { columnForms } from './column-forms.ts';
import type { Decoder } from './decoder.ts';
import { type ChunkPlan, type ChunkReject, type RowChunk, rowChunk, rowNumberAt, rowsBefore } from './row-chunk.ts';

/** Row groups up to this many uncompressed bytes are decoded at once, larger ones streamed in chunks of about `CHUNK_BYTES`. */
const WHOLE_GROUP_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Rows of a chunk at most: many equal ones take few bytes, and a damaged footer may tell any number. */
const CHUNK_ROWS = 4 * 1024 * 1024;

/** Groups up to this many bytes are asked for several at a time, so that the decoder finds the next one at hand when it is done with one. */
const SMALL_GROUP_BYTES = 8 * 1024 * 1024;
const AHEAD_BYTES = 2 * SMALL_GROUP_BYTES;
const AHEAD_GROUPS = 4;
/** A value counts for this many bytes at least: repeated ones take next to none in the file. */
const LEAST_VALUE_BYTES = 4;

/** Rows per chunk where only their number is wanted. */
const COUNT_ROWS = 65_536;

const FEWER_ROWS = 'it holds fewer rows than the footer says';

interface IndexedGroup extends RowGroup {
  readonly index: number;
  /** About as many bytes as the columns to read will take. */
  readonly bytesToRead: number;
}

/** Numbers for chunk streams: unique within a decoder. */
export interface StreamNumbers {
  next: number;
}

/** Reads one file forwards from a row, chunk by chunk, one chunk ahead of the reader, or several small ones. */
export class FileCursor {
  readonly footer: Footer;
  /** Row after the last one taken: where a restart goes on. */
  position: number;
  chunk: RowChunk | undefined;
  /** Index in the chunk of the next row to take. */
  index = 0;
  readonly #decoder: Decoder;
  readonly #plan: ChunkPlan;
  readonly #groups: readonly IndexedGroup[];
  readonly #streams: StreamNumbers;
  readonly #forms: readonly ColumnForm[] | undefined;
  /** Of the group that comes in chunks. */
  #stream: number | undefined;
  /** Chunks that are on their way, in order. */
  readonly #ahead: { readonly chunk: Promise<RowChunk | undefined>; readonly bytes: number }[] = [];
  #group = 0;
  /** Row of the next chunk to ask for. */
  #next: number;
  #rejected = 0;
  #ended = false;

  constructor(decoder: Decoder, footer: Footer, plan: ChunkPlan, position: number, streams: StreamNumbers) {
    this.#decoder = decoder;
    this.footer = footer;
    this.#plan = plan;
    this.position = position;
    this.#next = position;
    this.#streams = streams;
    this.#forms = columnForms(footer, plan.columns.fields);
    const columns = new Set(plan.columns.read);
    this.#groups = footer.rowGroups
      .map((group, index) => ({ group, index }))
      .filter(({ group }) => group.firstRow + group.rows > position)
      .filter(({ group }) =>
        plan.filter.every((condition) =>
          condition.mayHold(plan.partitionRange(condition.column) ?? columnRange(footer, group, condition.column)),
        ),
      )
      .map(({ group, index }) => ({ ...group, index, bytesToRead: bytesToRead(group, columns) }));
  }

  /** True when the next row is at hand. */
  get ready(): boolean {
    return this.chunk !== undefined && this.index < this.chunk.batch.numRows;
  }

  /** True when no row is left. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Event time of the next row, ms. */
  get time(): number {
    return this.chunk?.times?.[this.index] ?? Number.NEGATIVE_INFINITY;
  }

  /** A bound below the event times of all rows not yet decoded, from statistics. */
  get lowerBound(): number {
    const mergeBy = this.#plan.mergeBy;
    if (mergeBy === undefined) return Number.NEGATIVE_INFINITY;
    const read = this.chunk?.to ?? this.position;
    let bound = Number.POSITIVE_INFINITY;
    for (const group of this.#groups) {
      if (group.firstRow + group.rows <= read) continue;
      const { minimum } = columnRange(this.footer, group, mergeBy);
      bound = Math.min(bound, typeof minimum === 'number' ? minimum : Number.NEGATIVE_INFINITY);
    }
    return bound;
  }

  /** Rows that may still come. */
  get waiting(): number {
    if (this.#ended) return 0;
    return this.#groups.reduce((sum, group) => sum + Math.max(0, group.firstRow + group.rows - Math.max(group.firstRow, this.position)), 0);
  }

  /** Rows at hand before row number `until` of the file. */
  available(until: number | undefined): number {
    if (this.chunk === undefined) return 0;
    const end = until === undefined ? this.chunk.batch.numRows : rowsBefore(this.chunk, until);
    return Math.max(0, end - this.index);
  }

  /** Makes the next row ready, or finds that there is none. Rejects met on the way are added to `rejects`. */
  async load(rejects: ChunkReject[]): Promise<void> {
    while (!this.ready && !this.#ended) {
      if (this.#ahead.length === 0) this.#ask();
      const chunk = await this.#ahead.shift()?.chunk;
      if (this.chunk !== undefined) this.#tell(rejects, this.chunk.to);
      this.chunk = chunk;
      this.index = 0;
      this.#rejected = 0;
      if (chunk === undefined) {
        this.#ended = true;
        this.position = this.footer.rows;
        return;
      }
      this.#ask();
      if (chunk.batch.numRows === 0) this.#tell(rejects, chunk.to);
    }
  }

  /** Takes rows up to index `end` of the chunk, with the rejects before them. */
  take(end: number, rejects: ChunkReject[]): void {
    const chunk = this.chunk as RowChunk;
    this.index = end;
    this.position = rowNumberAt(chunk, end - 1) + 1;
    this.#tell(rejects, this.position);
  }

  /** Adds the chunk's rejects before row number `row`; each once. */
  #tell(rejects: ChunkReject[], row: number): void {
    const all = this.chunk?.rejects ?? [];
    while (this.#rejected < all.length && (all[this.#rejected] as ChunkReject).row < row) {
      const reject = all[this.#rejected++] as ChunkReject;
      rejects.push(reject);
      this.position = Math.max(this.position, reject.row + 1);
    }
  }

  /** Waits for the chunk that is being decoded, so that its file can be closed. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#ahead.map(({ chunk }) => chunk));
  }

  /** Asks for the next chunk, and for those after it as long as they are small. A large one is asked for alone: where it ends is known when it has come. */
  #ask(): void {
    let asked = this.#ahead.reduce((sum, { bytes }) => sum + bytes, 0);
    for (;;) {
      const group = this.#upcoming();
      const bytes = group?.bytesToRead ?? 0;
      const mayWait = !this.#isSmall(group) || asked + bytes > AHEAD_BYTES || this.#ahead.length >= AHEAD_GROUPS;
      if (this.#ahead.length > 0 && mayWait) return;
      const chunk = this.#read();
      // Its error is met when the chunk is needed; until then it must not count as unhandled.
      chunk.catch(() => {});
      this.#ahead.push({ chunk, bytes });
      asked += bytes;
    }
  }

  /** The row group of the next row to ask for. */
  #upcoming(): IndexedGroup | undefined {
    for (; this.#group < this.#groups.length; this.#group++) {
      const group = this.#groups[this.#group] as IndexedGroup;
      if (this.#next < group.firstRow + group.rows) return group;
    }
    return undefined;
  }

  #isSmall(group: IndexedGroup | undefined): boolean {
    return group !== undefined && group.bytesToRead <= SMALL_GROUP_BYTES && this.#plan.columns.read.length > 0;
  }

  async #read(): Promise<RowChunk | undefined> {
    const group = this.#upcoming();
    if (group === undefined) return undefined;
    const from = Math.max(this.#next, group.firstRow);
    const end = group.firstRow + group.rows;
    // At once: the next may be asked for before this one has come.
    if (this.#isSmall(group)) this.#next = end;
    const chunk =
      this.#plan.columns.read.length === 0 ? this.#countOnly(from, end) : this.#chunkOf(await this.#decode(group, from), from, group);
    if (!this.#isSmall(group)) this.#next = chunk.to;
    else if (chunk.to < end) throw this.#damaged(group.index, new RangeError(FEWER_ROWS));
    if (chunk.to === end) this.#endStream();
    return chunk;
  }

  /** Rows of which no column is wanted from the file: nothing to decode. */
  #countOnly(from: number, end: number): RowChunk {
    const rows = Math.min(COUNT_ROWS, end - from);
    return rowChunk(this.#plan, makeBatch(new Schema([]), [], rows), from, rows);
  }

  #endStream(): void {
    if (this.#stream !== undefined) this.#decoder.cancel(this.#stream).catch(() => {});
    this.#stream = undefined;
  }

  async #decode(group: IndexedGroup, from: number): Promise<DecodedBlock> {
    const bytesPerRow = Math.max(1, group.bytesToRead / Math.max(1, group.rows));
    const chunkRows =
      group.bytesToRead <= WHOLE_GROUP_BYTES && group.rows <= CHUNK_ROWS
        ? group.rows
        : Math.min(CHUNK_ROWS, Math.max(1024, Math.floor(CHUNK_BYTES / bytesPerRow)));
    const columns = this.#plan.columns.read;
    const stream = this.#stream ?? this.#streams.next++;
    if (chunkRows < group.rows) this.#stream = stream;
    try {
      const block = await this.#decoder.next(stream, this.footer.path, {
        rowGroup: group.index,
        columns,
        flat: flatColumns(group.thrift, columns, this.#forms),
        skip: from - group.firstRow,
        rows: group.rows,
        chunkRows,
      });
      if (block === undefined) throw new RangeError(FEWER_ROWS);
      return block;
    } catch (thrown) {
      throw this.#damaged(group.index, thrown);
    }
  }

  #chunkOf(block: DecodedBlock, from: number, group: IndexedGroup): RowChunk {
    try {
      const batch = blockBatch(block, this.#plan.columns.fields);
      if (from + batch.numRows > group.firstRow + group.rows) throw new RangeError('it holds more rows than the footer says');
      return rowChunk(this.#plan, batch, from, blockBytes(block));
    } catch (thrown) {
      throw this.#damaged(group.index, thrown);
    }
  }

  #damaged(group: number, thrown: unknown): MillraceError {
    if (thrown instanceof MillraceError) return thrown;
    return unreadable(this.footer.path, `row group ${group}: ${engineReason(thrown)}`, {
      cause: thrown,
      hint: 'the file is damaged or uses what the reader does not know; write or copy it again',
    });
  }
}

/** Uncompressed bytes of some columns of a row group, none of them taken to be smaller than its values can be. */
function bytesToRead({ rows, columns }: RowGroup, names: ReadonlySet<string>): number {
  return columns
    .filter(({ root }) => names.has(root))
    .reduce((sum, { uncompressedBytes }) => sum + Math.max(uncompressedBytes, rows * LEAST_VALUE_BYTES), 0);
}

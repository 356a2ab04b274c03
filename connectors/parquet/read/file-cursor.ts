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
import type { FileShares, TimeSpan } from './file-shares.ts';
import { type ChunkPlan, type ChunkReject, type RowChunk, rowChunk, rowNumberAt, rowsBefore } from './row-chunk.ts';

/** Row groups up to this many uncompressed bytes, and half the file's share, are decoded at once, larger ones in chunks of about `CHUNK_BYTES`. */
const WHOLE_GROUP_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Rows of a chunk at most: many equal ones take few bytes, and a damaged footer may tell any number. */
const CHUNK_ROWS = 4 * 1024 * 1024;

const LEAST_CHUNK_ROWS = 256;
/**
 * A file with such a share keeps its place in a row group between chunks: a window and a page per column. Others look it up again, and unpack the page that a
 * chunk begins in once more.
 */
const PLACE_BYTES = 32 * 1024 * 1024;

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
  readonly #shares: FileShares;
  /** Per group: a bound below the event times from its first row on, and the rows from there on. */
  readonly #bounds: Float64Array;
  readonly #rowsFrom: Float64Array;
  readonly #forms: readonly ColumnForm[] | undefined;
  /** Of the group that comes in chunks. */
  #stream: number | undefined;
  /** Chunks that are on their way, in order. */
  readonly #ahead: { readonly chunk: Promise<RowChunk | undefined>; readonly bytes: number }[] = [];
  #group = 0;
  /** Row of the next chunk to ask for. */
  #next: number;
  /** Row after the chunks that have come. */
  #come: number;
  /** The first group that is not yet decoded to its end, and the first that is not yet taken. */
  #unread = 0;
  #untaken = 0;
  /** Of the chunks that have come, those not yet told. */
  #rejects: readonly ChunkReject[] = [];
  #rejected = 0;
  #ended = false;

  constructor(decoder: Decoder, footer: Footer, plan: ChunkPlan, position: number, shares: FileShares) {
    this.#decoder = decoder;
    this.footer = footer;
    this.#plan = plan;
    this.position = position;
    this.#next = position;
    this.#come = position;
    this.#shares = shares;
    this.#forms = columnForms(footer, plan.columns.fields);
    const columns = new Set(plan.columns.read);
    this.#groups = footer.rowGroups
      .map((group, index) => ({ group, index }))
      .filter(({ group }) => group.firstRow + group.rows > position && mayHold(plan, footer, group))
      .map(({ group, index }) => ({ ...group, index, bytesToRead: bytesToRead(group, columns) }));
    this.#bounds = new Float64Array(this.#groups.length + 1).fill(Number.POSITIVE_INFINITY);
    this.#rowsFrom = new Float64Array(this.#groups.length + 1);
    for (let at = this.#groups.length - 1; at >= 0; at--) {
      const group = this.#groups[at] as IndexedGroup;
      this.#rowsFrom[at] = (this.#rowsFrom[at + 1] as number) + group.rows;
      this.#bounds[at] = Math.min(
        this.#bounds[at + 1] as number,
        plan.mergeBy === undefined ? -Infinity : spanOf(footer, group, plan.mergeBy).from,
      );
    }
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
    while (this.#unread < this.#groups.length && endOf(this.#groups[this.#unread]) <= this.#come) this.#unread++;
    return this.#bounds[this.#unread] as number;
  }

  /** Rows that may still come. */
  get waiting(): number {
    if (this.#ended) return 0;
    while (this.#untaken < this.#groups.length && endOf(this.#groups[this.#untaken]) <= this.position) this.#untaken++;
    const group = this.#groups[this.#untaken];
    return (this.#rowsFrom[this.#untaken] as number) - (group === undefined ? 0 : Math.max(0, this.position - group.firstRow));
  }

  /** True when a row that was left out, and not yet told, is row number `row` or a later one. */
  hasRejectFrom(row: number | undefined): boolean {
    const last = this.#rejects.at(-1);
    return row !== undefined && last !== undefined && this.#rejected < this.#rejects.length && last.row >= row;
  }

  /** Rows at hand before row number `until` of the file. */
  available(until: number | undefined): number {
    if (this.chunk === undefined) return 0;
    const end = until === undefined ? this.chunk.batch.numRows : rowsBefore(this.chunk, until);
    return Math.max(0, end - this.index);
  }

  /** Goes on to the next chunk, or finds that there is none. Those left out of the chunk before are added to `rejects`. An error is met again by the next call. */
  async load(rejects: ChunkReject[]): Promise<void> {
    if (this.#ahead.length === 0) this.#ask();
    const chunk = await this.#ahead[0]?.chunk;
    this.#ahead.shift();
    this.#tell(rejects, Number.POSITIVE_INFINITY);
    if (chunk === undefined) {
      this.#ended = true;
      this.chunk = undefined;
      this.position = this.footer.rows;
      return;
    }
    this.#come = chunk.to;
    this.#rejects = chunk.rejects;
    this.#rejected = 0;
    this.chunk = chunk;
    this.index = 0;
    this.#ask();
  }

  /** Takes rows up to index `end` of the chunk, with the rejects before them. */
  take(end: number, rejects: ChunkReject[]): void {
    const chunk = this.chunk as RowChunk;
    this.index = end;
    this.position = rowNumberAt(chunk, end - 1) + 1;
    this.#tell(rejects, this.position);
    // Nothing is held of a file that has to wait until the others are done.
    if (end === chunk.batch.numRows) this.chunk = undefined;
  }

  /** Adds the rejects before row number `row`; each once. */
  #tell(rejects: ChunkReject[], row: number): void {
    const all = this.#rejects;
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
      const mayWait = !this.#isSmall(group) || asked + bytes > Math.min(AHEAD_BYTES, this.#half) || this.#ahead.length >= AHEAD_GROUPS;
      if (this.#ahead.length > 0 && mayWait) return;
      const chunk = this.#read();
      // Its error is met when the chunk is needed; until then it must not count as unhandled.
      chunk.catch(() => {});
      this.#ahead.push({ chunk, bytes });
      asked += bytes;
    }
  }

  /** Half of what the file may hold: one part is read from, the other is on its way. */
  get #half(): number {
    return this.#shares.bytesPerFile / 2;
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
    return group !== undefined && group.bytesToRead <= Math.min(SMALL_GROUP_BYTES, this.#half) && this.#plan.columns.read.length > 0;
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
    const chunkRows = this.#chunkRows(group);
    const isWhole = chunkRows >= group.rows;
    const once = isWhole || this.#shares.bytesPerFile < PLACE_BYTES;
    const columns = this.#plan.columns.read;
    const stream = this.#stream ?? this.#shares.nextStream++;
    if (!once) this.#stream = stream;
    try {
      const block = await this.#decoder.next(stream, this.footer.path, {
        rowGroup: group.index,
        columns,
        flat: flatColumns(group.thrift, columns, this.#forms),
        skip: from - group.firstRow,
        rows: group.rows,
        chunkRows,
        once,
      });
      if (block === undefined) throw new RangeError(FEWER_ROWS);
      return block;
    } catch (thrown) {
      throw this.#damaged(group.index, thrown);
    }
  }

  /** Rows per chunk of a group; all of them where it is decoded at once. */
  #chunkRows({ bytesToRead, rows }: IndexedGroup): number {
    if (bytesToRead <= Math.min(WHOLE_GROUP_BYTES, this.#half) && rows <= CHUNK_ROWS) return rows;
    const bytesPerRow = Math.max(1, bytesToRead / Math.max(1, rows));
    const wanted = Math.floor(Math.min(CHUNK_BYTES, this.#half) / bytesPerRow);
    return Math.min(CHUNK_ROWS, Math.max(LEAST_CHUNK_ROWS, wanted));
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

/** Event times of the rows of a file that may pass the filter, ms; undefined when it has none. */
export function timeSpan(plan: ChunkPlan, footer: Footer): TimeSpan | undefined {
  const { mergeBy } = plan;
  if (mergeBy === undefined) return undefined;
  const spans = footer.rowGroups.filter((group) => mayHold(plan, footer, group)).map((group) => spanOf(footer, group, mergeBy));
  if (spans.length === 0) return undefined;
  return {
    from: spans.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY),
    to: spans.reduce((most, { to }) => Math.max(most, to), Number.NEGATIVE_INFINITY),
  };
}

function spanOf(footer: Footer, group: RowGroup, column: string): TimeSpan {
  const { minimum, maximum } = columnRange(footer, group, column);
  return {
    from: typeof minimum === 'number' ? minimum : Number.NEGATIVE_INFINITY,
    to: typeof maximum === 'number' ? maximum : Number.POSITIVE_INFINITY,
  };
}

function mayHold({ filter, partitionRange }: ChunkPlan, footer: Footer, group: RowGroup): boolean {
  return filter.every(({ column, mayHold }) => mayHold(partitionRange(column) ?? columnRange(footer, group, column)));
}

const endOf = (group: RowGroup | undefined) => (group === undefined ? 0 : group.firstRow + group.rows);

/** Uncompressed bytes of some columns of a row group, none of them taken to be smaller than its values can be. */
function bytesToRead({ rows, columns }: RowGroup, names: ReadonlySet<string>): number {
  return columns
    .filter(({ root }) => names.has(root))
    .reduce((sum, { uncompressedBytes }) => sum + Math.max(uncompressedBytes, rows * LEAST_VALUE_BYTES), 0);
}

import { type Batch, type BatchSchema, concatBatches, emptyBatch, takeRows } from '../../../columnar/index.ts';
import type { Position } from '../../contract/index.ts';
import type { FileCursor } from './file-cursor.ts';
import type { ChunkReject, RowChunk } from './row-chunk.ts';
import { putRowNumbers } from './row-chunk.ts';

/** Rows of one or several files, in the order of the stream. */
export interface MergedRows {
  readonly batch: Batch;
  /** Per row: its place in the stream; of a single file the row's number. */
  readonly offset: Float64Array;
  /** Per row: index of its file; undefined when all are of file `first`. */
  readonly file: Int32Array | undefined;
  readonly first: number;
  /** Per row: its number in its file. */
  readonly row: Float64Array;
  readonly rejects: readonly (ChunkReject & { readonly file: number; readonly offset: number })[];
  readonly bytesPerRow: number;
}

/** Rows that one file gives to a batch: indices [from, to) of its chunk. */
interface Share {
  readonly chunk: RowChunk;
  readonly from: number;
  to: number;
}

type FileReject = ChunkReject & { file: number; offset: number };

/**
 * Merges files by event time, equal times in the order of the files; without event times, files follow one another. The order depends on the rows
 * alone: a file is opened only when its statistics say that it may come next, which changes nothing but memory.
 */
export class CursorMerge {
  readonly #cursors: readonly FileCursor[];
  readonly #places: ReadonlyMap<FileCursor, number>;
  readonly #schema: BatchSchema;
  readonly #byTime: boolean;

  constructor(cursors: readonly FileCursor[], schema: BatchSchema, byTime: boolean) {
    this.#cursors = cursors;
    this.#places = new Map(cursors.map((cursor, place) => [cursor, place]));
    this.#schema = schema;
    this.#byTime = byTime && cursors.length > 1;
  }

  /** The next rows, at most `maximum`; 'end' when none is left, 'until' when the next ones lie at or beyond `until`. */
  async next(maximum: (bytesPerRow: number) => number, until: Position | undefined): Promise<MergedRows | 'end' | 'until'> {
    const rejects: FileReject[] = [];
    const open = this.#byTime ? await this.#loadByTime(rejects) : await this.#loadFirst(rejects);
    const cursor = open[0];
    if (cursor === undefined) return rejects.length === 0 ? 'end' : this.#assemble([], new Map(), rejects);
    const limit = Math.max(1, maximum((cursor.chunk as RowChunk).bytesPerRow));
    const { order, shares } = this.#takeRuns(open, limit, until, rejects);
    return order.length === 0 && rejects.length === 0 ? 'until' : this.#assemble(order, shares, rejects);
  }

  #placeOf(cursor: FileCursor): number {
    return this.#places.get(cursor) as number;
  }

  /** Sum of the positions: the offset of the row after the last one taken, were there no gaps. */
  get #taken(): number {
    return this.#cursors.reduce((sum, cursor) => sum + cursor.position, 0);
  }

  async #load(cursor: FileCursor, rejects: FileReject[]): Promise<void> {
    const before = this.#taken - cursor.position;
    const met: ChunkReject[] = [];
    await cursor.load(met);
    rejects.push(...met.map((reject) => ({ ...reject, file: this.#placeOf(cursor), offset: before + reject.row })));
  }

  async #loadFirst(rejects: FileReject[]): Promise<FileCursor[]> {
    for (const cursor of this.#cursors) {
      await this.#load(cursor, rejects);
      if (cursor.ready) return [cursor];
    }
    return [];
  }

  /** Makes every cursor ready that may hold the next row; others stay closed. */
  async #loadByTime(rejects: FileReject[]): Promise<FileCursor[]> {
    for (;;) {
      const head = Math.min(...this.#cursors.filter((cursor) => cursor.ready).map((cursor) => cursor.time));
      const closed = this.#cursors.filter((cursor) => !cursor.ready && !cursor.ended && cursor.lowerBound <= head);
      if (closed.length === 0) return this.#cursors.filter((cursor) => cursor.ready);
      const next = closed.reduce((best, cursor) => (cursor.lowerBound < best.lowerBound ? cursor : best));
      await this.#load(next, rejects);
    }
  }

  #takeRuns(open: readonly FileCursor[], limit: number, until: Position | undefined, rejects: FileReject[]) {
    const order: { file: number; index: number; count: number; offset: number }[] = [];
    const shares = new Map<number, Share>();
    const closedBound = this.#byTime
      ? Math.min(...this.#cursors.filter((cursor) => !cursor.ready && !cursor.ended).map((cursor) => cursor.lowerBound))
      : Number.POSITIVE_INFINITY;
    let taken = this.#taken;
    for (let rows = 0; rows < limit; ) {
      const cursor = open.length === 1 ? (open[0] as FileCursor) : earliest(open);
      if (!cursor.ready || cursor.time >= closedBound) break;
      const file = this.#placeOf(cursor);
      const available = Math.min(limit - rows, cursor.available(until?.[cursor.footer.path]));
      const count =
        open.length === 1 && closedBound === Number.POSITIVE_INFINITY ? available : this.#runLength(cursor, open, available, closedBound);
      if (count === 0) break;
      const before = taken - cursor.position;
      order.push({ file, index: cursor.index, count, offset: before });
      const share = shares.get(file) ?? { chunk: cursor.chunk as RowChunk, from: cursor.index, to: cursor.index };
      shares.set(file, share);
      share.to += count;
      const met: ChunkReject[] = [];
      cursor.take(cursor.index + count, met);
      rejects.push(...met.map((reject) => ({ ...reject, file, offset: before + reject.row })));
      taken = before + cursor.position;
      rows += count;
      // The next row of this file is not at hand: it may come before those of the others.
      if (!cursor.ready && !cursor.ended) break;
    }
    return { order, shares };
  }

  /** How many of the cursor's next rows come before the other files' next one. */
  #runLength(cursor: FileCursor, open: readonly FileCursor[], available: number, closedBound: number): number {
    const times = cursor.chunk?.times as Float64Array;
    let bound = Number.POSITIVE_INFINITY;
    let first = true;
    // Those that are open come in the order of the files.
    let comesBefore = true;
    for (const other of open) {
      if (other === cursor) comesBefore = false;
      if (other === cursor || !other.ready) continue;
      const time = other.time;
      if (time > bound) continue;
      first = time < bound ? !comesBefore : first && !comesBefore;
      bound = time;
    }
    let count = 0;
    while (count < available) {
      const time = times[cursor.index + count] as number;
      if (time >= closedBound || time > bound || (time === bound && !first)) break;
      count++;
    }
    return count;
  }

  #assemble(
    order: readonly { file: number; index: number; count: number; offset: number }[],
    shares: Map<number, Share>,
    rejects: readonly FileReject[],
  ): MergedRows {
    const rows = order.reduce((sum, run) => sum + run.count, 0);
    const row = new Float64Array(rows);
    // Of a single file a row's place in the stream is its number.
    const offset = this.#cursors.length === 1 ? row : new Float64Array(rows);
    const file = shares.size > 1 ? new Int32Array(rows) : undefined;
    const rowsOf = new Int32Array(shares.size > 1 ? rows : 0);
    const starts = startOfShares(shares);
    let at = 0;
    for (const run of order) {
      const { chunk, from } = shares.get(run.file) as Share;
      putRowNumbers(chunk, run.index, run.index + run.count, row, at);
      if (offset === row) {
        at += run.count;
        continue;
      }
      const start = (starts.get(run.file) as number) + run.index - from;
      for (let index = 0; index < run.count; index++, at++) {
        offset[at] = run.offset + (row[at] as number);
        if (file === undefined) continue;
        file[at] = run.file;
        rowsOf[at] = start + index;
      }
    }
    const parts = [...shares.values()].map((share) => share.chunk.batch.slice(share.from, share.to) as Batch);
    const joined = parts.length === 0 ? emptyBatch(this.#schema) : concatBatches(parts);
    const bytesPerRow = Math.max(1, ...[...shares.values()].map((share) => share.chunk.bytesPerRow));
    return {
      batch: file === undefined ? joined : takeRows(joined, rowsOf),
      offset,
      file,
      first: order[0]?.file ?? 0,
      row,
      rejects,
      bytesPerRow,
    };
  }
}

function earliest(open: readonly FileCursor[]): FileCursor {
  let best: FileCursor | undefined;
  for (const cursor of open) if (cursor.ready && (best === undefined || cursor.time < best.time)) best = cursor;
  return best ?? (open[0] as FileCursor);
}

function startOfShares(shares: ReadonlyMap<number, Share>): Map<number, number> {
  const starts = new Map<number, number>();
  let at = 0;
  for (const [file, share] of shares) {
    starts.set(file, at);
    at += share.to - share.from;
  }
  return starts;
}

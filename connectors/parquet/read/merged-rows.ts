import { type Batch, type BatchSchema, concatBatches, emptyBatch, takeRows } from '../../../columnar/index.ts';
import type { ChunkReject, RowChunk } from './row-chunk.ts';
import { putRowNumbers } from './row-chunk.ts';

/** A row that was left out, with the index of its file and its place in the stream. */
export type FileReject = ChunkReject & { readonly file: number; readonly offset: number };

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
  readonly rejects: readonly FileReject[];
  readonly bytes: number;
}

/** Rows that one chunk gives: indices [from, to), the first of which is row `start` of all shares, one after another. */
interface Share {
  readonly file: number;
  readonly chunk: RowChunk;
  readonly from: number;
  to: number;
  start: number;
}

/** Rows that come one after another from one share. `before`: rows of other files before them. */
interface Run {
  readonly share: Share;
  readonly from: number;
  to: number;
  readonly before: number;
}

/** Collects rows of chunks in the order of the stream. */
export class RowCollector {
  rows = 0;
  bytes = 0;
  readonly #shares = new Map<RowChunk, Share>();
  readonly #runs: Run[] = [];

  /** Chunks that gave rows: those of one become a batch without a copy. */
  get chunks(): number {
    return this.#shares.size;
  }

  /** Adds rows [from, to) of a chunk, which come after those of it that were added before. */
  add(file: number, chunk: RowChunk, from: number, to: number, before: number): void {
    let share = this.#shares.get(chunk);
    if (share === undefined) {
      share = { file, chunk, from, to: from, start: 0 };
      this.#shares.set(chunk, share);
    }
    share.to = to;
    const last = this.#runs.at(-1);
    if (last?.share === share && last.before === before) last.to = to;
    else this.#runs.push({ share, from, to, before });
    this.rows += to - from;
    this.bytes += (to - from) * chunk.bytesPerRow;
  }

  /** @param isAlone whether there is no other file: a row's place in the stream is its number then */
  finish(schema: BatchSchema, isAlone: boolean, rejects: readonly FileReject[]): MergedRows {
    const row = new Float64Array(this.rows);
    const offset = isAlone ? row : new Float64Array(this.rows);
    let at = 0;
    for (const { share, from, to, before } of this.#runs) {
      putRowNumbers(share.chunk, from, to, row, at);
      if (isAlone) at += to - from;
      else for (let index = from; index < to; index++, at++) offset[at] = before + (row[at] as number);
    }
    const first = this.#runs[0]?.share.file ?? 0;
    return { batch: this.#batch(schema), offset, file: this.#files(first), first, row, rejects, bytes: Math.ceil(this.bytes) };
  }

  #files(first: number): Int32Array | undefined {
    if (this.#runs.every(({ share }) => share.file === first)) return undefined;
    const files = new Int32Array(this.rows);
    let at = 0;
    for (const { share, from, to } of this.#runs) {
      files.fill(share.file, at, at + to - from);
      at += to - from;
    }
    return files;
  }

  #batch(schema: BatchSchema): Batch {
    const shares = [...this.#shares.values()];
    if (shares.length === 0) return emptyBatch(schema);
    let start = 0;
    for (const share of shares) {
      share.start = start;
      start += share.to - share.from;
    }
    const joined = concatBatches(shares.map(({ chunk, from, to }) => chunk.batch.slice(from, to) as Batch));
    return this.#isInOrder(shares) ? joined : takeRows(joined, this.#order());
  }

  /** Whether no share's rows come between those of another. */
  #isInOrder(shares: readonly Share[]): boolean {
    let next = 0;
    for (const { share } of this.#runs) {
      if (share === shares[next]) next++;
      else if (share !== shares[next - 1]) return false;
    }
    return true;
  }

  #order(): Int32Array {
    const order = new Int32Array(this.rows);
    let at = 0;
    for (const { share, from, to } of this.#runs)
      for (let index = from; index < to; index++) order[at++] = share.start + index - share.from;
    return order;
  }
}

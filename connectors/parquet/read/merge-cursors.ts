import type { BatchSchema } from '../../../columnar/index.ts';
import { Heap } from '../../../streams/index.ts';
import type { ReadBudget } from '../../contract/index.ts';
import type { FileCursor } from './file-cursor.ts';
import { type FileReject, type MergedRows, RowCollector } from './merged-rows.ts';
import type { ChunkReject, RowChunk } from './row-chunk.ts';

/** A batch of so many rows does not wait for those of the next chunk, which would have to be copied. */
const ENOUGH_ROWS = 8_192;

/** A file that may still have rows. */
interface Lane {
  readonly cursor: FileCursor;
  /** Index of the file. */
  readonly file: number;
  /** Event time of the next row, or a bound below it while it is not at hand. */
  time: number;
}

/**
 * Merges files by event time, equal times in the order of the files; without event times, files follow one another. The order depends on the rows
 * alone: a file is opened only when its statistics say that it may come next, which changes nothing but memory. What a row costs grows with the
 * logarithm of the number of files.
 */
export class CursorMerge {
  readonly #schema: BatchSchema;
  readonly #byTime: boolean;
  readonly #isAlone: boolean;
  readonly #lanes = new Heap<Lane>(comesBefore);
  /** Sum of the positions: the offset of the row after the last one taken, were there no gaps. */
  #taken = 0;
  /** Rows that may still come. */
  #waiting = 0;

  constructor(cursors: readonly FileCursor[], schema: BatchSchema, byTime: boolean) {
    this.#schema = schema;
    this.#byTime = byTime && cursors.length > 1;
    this.#isAlone = cursors.length === 1;
    for (const [file, cursor] of cursors.entries()) {
      this.#lanes.push({ cursor, file, time: this.#timeOf(cursor) });
      this.#taken += cursor.position;
      this.#waiting += cursor.waiting;
    }
  }

  /** Rows that may still come. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The next rows; 'end' when none is left, 'until' when the next ones lie at or beyond `until`. */
  async next(budget: ReadBudget): Promise<MergedRows | 'end' | 'until'> {
    const collector = new RowCollector();
    const rejects: FileReject[] = [];
    while (collector.rows < budget.rows && rejects.length < budget.rows) {
      const lane = this.#lanes.first;
      if (lane === undefined) break;
      if (lane.cursor.ready) {
        if (!this.#takeRun(lane, collector, budget, rejects)) break;
      } else {
        if (lane.cursor.hasRejectFrom(budget.until?.[lane.cursor.footer.path])) break;
        if (collector.chunks === 1 && collector.rows >= ENOUGH_ROWS) break;
        if (!(await this.#load(lane, collector.rows > 0, rejects))) break;
      }
    }
    if (collector.rows > 0 || rejects.length > 0) return collector.finish(this.#schema, this.#isAlone, rejects);
    return this.#lanes.first === undefined ? 'end' : 'until';
  }

  /** Reads on in the first lane; false when that fails and rows are at hand, which go out before the error is met again. */
  async #load(lane: Lane, hasRows: boolean, rejects: FileReject[]): Promise<boolean> {
    const { cursor } = lane;
    const { position, waiting } = cursor;
    const met: ChunkReject[] = [];
    try {
      await cursor.load(met);
    } catch (thrown) {
      if (hasRows) return false;
      throw thrown;
    }
    this.#lanes.pop();
    this.#moved(lane, position, waiting, met, rejects);
    return true;
  }

  /** Takes the first lane's next rows, as many as come before those of the others; false when there is no room, or they lie beyond `until`. */
  #takeRun(lane: Lane, collector: RowCollector, { rows, bytes, until }: ReadBudget, rejects: FileReject[]): boolean {
    const { cursor, file } = lane;
    const chunk = cursor.chunk as RowChunk;
    const available = cursor.available(until?.[cursor.footer.path]);
    const room = Math.min(rows - collector.rows, Math.floor((bytes - collector.bytes) / chunk.bytesPerRow));
    const most = Math.min(available, collector.rows === 0 ? Math.max(1, room) : room);
    if (most < 1) return false;
    this.#lanes.pop();
    const next = this.#lanes.first;
    const { index, position, waiting } = cursor;
    const end = index + (chunk.times === undefined || next === undefined ? most : runLength(chunk.times, index, most, lane, next));
    collector.add(file, chunk, index, end, this.#taken - position);
    const met: ChunkReject[] = [];
    cursor.take(end, met);
    this.#moved(lane, position, waiting, met, rejects);
    return true;
  }

  /** Puts a lane back whose cursor has gone on from a position. */
  #moved(lane: Lane, position: number, waiting: number, met: readonly ChunkReject[], rejects: FileReject[]): void {
    const { cursor, file } = lane;
    const before = this.#taken - position;
    for (const reject of met) rejects.push({ ...reject, file, offset: before + reject.row });
    this.#taken = before + cursor.position;
    this.#waiting += cursor.waiting - waiting;
    if (cursor.ended) return;
    lane.time = this.#timeOf(cursor);
    this.#lanes.push(lane);
  }

  /** Rows without an event time are not held up. */
  #timeOf(cursor: FileCursor): number {
    if (!this.#byTime) return Number.NEGATIVE_INFINITY;
    const time = cursor.ready ? cursor.time : cursor.lowerBound;
    return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
  }
}

function comesBefore(left: Lane, right: Lane): boolean {
  return left.time < right.time || (left.time === right.time && left.file < right.file);
}

/** How many of a lane's rows from `index` on, at most `most`, come before the next lane's; the first one does. */
function runLength(times: Float64Array, index: number, most: number, lane: Lane, next: Lane): number {
  const winsTies = lane.file < next.file;
  let count = 1;
  while (count < most) {
    const time = times[index + count] as number;
    if (time > next.time || (time === next.time && !winsTies)) break;
    count++;
  }
  return count;
}

import type { StateReader, StateWriter, StreamBatch, WatermarkMark } from '../../streams/index.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
import { knownAt } from '../rows/known-at.ts';

/** The moments at which the watermark of a join rose: the watermark, the ordinal, and the event time of the row that raised it. */
export class Rises {
  readonly #watermarks: GrowingNumbers<Float64Array>;
  readonly #ordinals: GrowingNumbers<Float64Array>;
  readonly #times: GrowingNumbers<Float64Array>;

  /** @param room for so many rises at first */
  constructor(room = 1) {
    this.#watermarks = new GrowingNumbers(Float64Array, room);
    this.#ordinals = new GrowingNumbers(Float64Array, room);
    this.#times = new GrowingNumbers(Float64Array, room);
  }

  add(watermark: number, ordinal: number, time: number): void {
    this.#watermarks.push(watermark);
    this.#ordinals.push(ordinal);
    this.#times.push(time);
  }

  /** For each row, by event time, the first rise that passed its event time by more than `slack`: its ordinal, and when it was known. */
  placesOf(times: Float64Array, slack: number): { readonly ordinal: Float64Array; readonly known: Float64Array } {
    const [watermarks, ordinals, raised] = [this.#watermarks.all, this.#ordinals.all, this.#times.all];
    const ordinal = new Float64Array(times.length);
    const known = new Float64Array(times.length);
    let rise = 0;
    for (let row = 0; row < times.length; row++) {
      while (rise < watermarks.length - 1 && !((watermarks[rise] as number) - slack > (times[row] as number))) rise++;
      ordinal[row] = ordinals[rise] as number;
      known[row] = raised[rise] as number;
    }
    return { ordinal, known };
  }
}

/** New rows of one input and their event times. */
export interface JoinInput {
  readonly rows: StreamBatch | undefined;
  readonly times: Float64Array;
  readonly marks: readonly WatermarkMark[];
}

/**
 * The watermark of a join: the lower of its inputs' watermarks, since either may still bring rows that old. It takes new rows of both inputs in the order of the
 * task and tells when the watermark rose and which rows came too late for it.
 */
export class MergedProgress {
  readonly #watermarks: [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  lastOrdinal = 0;

  get watermark(): number {
    return Math.min(this.#watermarks[0], this.#watermarks[1]);
  }

  /** Walks the new rows; `late` gets a 1 for each row that came behind the watermark, or has no event time. */
  advance(inputs: readonly [JoinInput, JoinInput]): { rises: Rises; late: readonly [Uint8Array, Uint8Array] } {
    const [left, right] = inputs;
    const rises = new Rises(left.times.length + right.times.length);
    const late = [new Uint8Array(left.times.length), new Uint8Array(right.times.length)] as const;
    for (let i = 0, j = 0; i < left.times.length || j < right.times.length; ) {
      const until = runEnd(left, i, right, j, true);
      this.#walk(0, left, i, until, late[0], rises);
      i = until;
      const end = runEnd(right, j, left, i, false);
      this.#walk(1, right, j, end, late[1], rises);
      j = end;
    }
    this.#takeMarks(inputs, rises);
    return { rises, late };
  }

  /** Takes rows of one input that no row of the other comes between. */
  #walk(input: 0 | 1, { rows, times }: JoinInput, from: number, to: number, late: Uint8Array, rises: Rises): void {
    if (rows === undefined || from === to) return;
    const { watermark, ordinal } = rows;
    const other = this.#watermarks[1 - input] as number;
    let own = this.#watermarks[input];
    let low = Math.min(own, other);
    for (let row = from; row < to; row++) {
      const time = times[row] as number;
      if (!(time >= low)) late[row] = 1;
      if (!((watermark[row] as number) > own)) continue;
      own = watermark[row] as number;
      if (!(Math.min(own, other) > low)) continue;
      low = Math.min(own, other);
      rises.add(low, ordinal[row] as number, knownAt(rows, row, time));
    }
    this.#watermarks[input] = own;
    this.lastOrdinal = Math.max(this.lastOrdinal, ordinal[to - 1] as number);
  }

  #takeMarks(inputs: readonly [JoinInput, JoinInput], rises: Rises): void {
    let low = this.watermark;
    inputs.forEach(({ marks }, input) => {
      for (const { ordinal, watermark } of marks) {
        this.lastOrdinal = Math.max(this.lastOrdinal, ordinal);
        this.#watermarks[input as 0 | 1] = Math.max(this.#watermarks[input as 0 | 1], watermark);
        if (this.watermark <= low) continue;
        low = this.watermark;
        rises.add(low, this.lastOrdinal, low);
      }
    });
  }

  write(out: StateWriter): void {
    for (const watermark of this.#watermarks) out.number(watermark);
    out.number(this.lastOrdinal);
  }

  static read(input: StateReader): MergedProgress {
    const progress = new MergedProgress();
    progress.#watermarks[0] = input.number();
    progress.#watermarks[1] = input.number();
    progress.lastOrdinal = input.number();
    return progress;
  }
}

/** The rows from `from` on that come before row `next` of the other input, by (ordinal, sub); `first`: also where both are equal. */
function runEnd(own: JoinInput, from: number, other: JoinInput, next: number, first: boolean): number {
  const rows = own.times.length;
  if (own.rows === undefined || other.rows === undefined || next >= other.times.length) return rows;
  const { ordinal, sub } = own.rows;
  const place = other.rows.ordinal[next] as number;
  const order = other.rows.sub[next] as number;
  let row = from;
  while (row < rows && (ordinal[row] as number) < place) row++;
  while (row < rows && ordinal[row] === place && ((sub[row] as number) < order || (first && sub[row] === order))) row++;
  return row;
}

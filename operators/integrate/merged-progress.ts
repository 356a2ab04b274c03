import { freshArray } from '../../columnar/index.ts';
import type { StateReader, StateWriter, StreamBatch, WatermarkMark } from '../../streams/index.ts';
import { type Passage, Rises } from './rises.ts';

/** New rows of one input and their event times. */
export interface JoinInput {
  readonly rows: StreamBatch | undefined;
  readonly times: Float64Array;
  readonly marks: readonly WatermarkMark[];
}

/** What new rows did to the watermark of a join. */
export interface Advance {
  readonly rises: Rises;
  /** By input the rows that came behind the watermark, or have no event time. */
  readonly late: readonly [Int32Array, Int32Array];
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

  /** Takes new rows. */
  advance([left, right]: readonly [JoinInput, JoinInput]): Advance {
    const before: readonly [number, number] = [...this.#watermarks];
    const sides = [new Side(left, before[0]), new Side(right, before[1])] as const;
    for (const [input, side] of sides.entries()) {
      this.#watermarks[input as 0 | 1] = side.watermark;
      this.lastOrdinal = Math.max(this.lastOrdinal, side.ordinal.at(-1) ?? 0);
    }
    const late = [sides[0].late(sides[1], true), sides[1].late(sides[0], false)] as const;
    return { rises: new Rises(sides, this.#marks([left, right])), late };
  }

  /** The rises by marks, which follow all rows of a turn. */
  #marks(inputs: readonly JoinInput[]): { watermark: number; ordinal: number; time: number }[] {
    return inputs.flatMap(({ marks }, input) =>
      marks.flatMap(({ ordinal, watermark }) => {
        const low = this.watermark;
        this.lastOrdinal = Math.max(this.lastOrdinal, ordinal);
        this.#watermarks[input as 0 | 1] = Math.max(this.#watermarks[input as 0 | 1], watermark);
        return this.watermark <= low ? [] : [{ watermark: this.watermark, ordinal: this.lastOrdinal, time: this.watermark }];
      }),
    );
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

const NO_NUMBERS = new Float64Array(0);
const NO_ORDER = { ordinal: NO_NUMBERS, sub: new Int32Array(0), watermark: NO_NUMBERS };

/** The new rows of one input, and what they do to its own watermark. */
class Side implements Passage {
  readonly ordinal: Float64Array;
  readonly sub: Int32Array;
  readonly watermarks: Float64Array;
  readonly knownAt: Float64Array;
  readonly before: number;
  /** The input's watermark after the rows. */
  readonly watermark: number;
  readonly #times: Float64Array;
  /** Rows behind the watermark of their own input; of all others none can be behind that of the join. */
  readonly #behind: readonly number[];

  constructor({ rows, times }: JoinInput, before: number) {
    const { ordinal, sub, watermark } = rows ?? NO_ORDER;
    this.ordinal = ordinal;
    this.sub = sub;
    this.watermarks = watermark;
    this.knownAt = later(times, rows?.availableAt);
    this.before = before;
    this.#times = times;
    const behind: number[] = [];
    let own = before;
    for (let row = 0; row < times.length; row++) {
      if (!((times[row] as number) >= own)) behind.push(row);
      if ((watermark[row] as number) > own) own = watermark[row] as number;
    }
    this.#behind = behind;
    this.watermark = own;
  }

  /** The rows behind the join's watermark; `first`: of rows with equal places those of this input come first. */
  late(other: Side, first: boolean): Int32Array {
    if (this.#behind.length === 0) return new Int32Array(0);
    const [own, others] = [this.#reached(), other.#reached()];
    const late = this.#behind.filter((row) => {
      const watermark = Math.min(own[row] as number, others[other.#rowsBefore(this, row, first)] as number);
      return !((this.#times[row] as number) >= watermark);
    });
    return Int32Array.from(late);
  }

  /** The watermark before each row, and after the last one. */
  #reached(): Float64Array {
    const reached = freshArray(Float64Array, this.watermarks.length + 1);
    reached[0] = this.before;
    for (let row = 0; row < this.watermarks.length; row++)
      reached[row + 1] = Math.max(reached[row] as number, this.watermarks[row] as number);
    return reached;
  }

  /** How many rows come before a row of the other input; `otherFirst`: that one comes first where places are equal. */
  #rowsBefore({ ordinal, sub }: Side, row: number, otherFirst: boolean): number {
    const [place, order] = [ordinal[row] as number, sub[row] as number];
    let [low, high] = [0, this.ordinal.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const apart = (this.ordinal[middle] as number) - place || (this.sub[middle] as number) - order;
      if (apart < 0 || (apart === 0 && !otherFirst)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The later of two times by row, where there are two. */
function later(times: Float64Array, others: Float64Array | undefined): Float64Array {
  return others === undefined
    ? times
    : times.map((time, row) => Math.max(time, Number.isNaN(others[row]) ? time : (others[row] as number)));
}

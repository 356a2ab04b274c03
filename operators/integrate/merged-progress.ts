import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { knownAt } from '../rows/known-at.ts';

/** The moments at which the watermark of a join rose: the watermark, the ordinal, and the event time of the row that raised it. */
export class Rises {
  readonly watermarks: number[] = [];
  readonly ordinals: number[] = [];
  readonly times: number[] = [];

  add(watermark: number, ordinal: number, time: number): void {
    this.watermarks.push(watermark);
    this.ordinals.push(ordinal);
    this.times.push(time);
  }

  /** The highest watermark; undefined where it did not rise. */
  get last(): number | undefined {
    return this.watermarks.at(-1);
  }
}

/** Rows of one input and their event times, those of `from` on being new. */
export interface JoinInput {
  readonly rows: StreamBatch | undefined;
  readonly times: Float64Array;
  readonly from: number;
  readonly marks: readonly { readonly ordinal: number; readonly watermark: number }[];
}

/**
 * The watermark of a join: the lower of its inputs' watermarks, since either may still bring rows that old. It takes new rows of both inputs in the order of the
 * task and tells when the watermark rose and which rows came too late for it.
 */
export class MergedProgress {
  readonly #watermarks = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  lastOrdinal = 0;

  get watermark(): number {
    return Math.min(this.#watermarks[0] as number, this.#watermarks[1] as number);
  }

  /** Walks the new rows; `late` gets a 1 for each row (of held and new ones) that came behind the watermark, or has no event time. */
  advance(inputs: readonly [JoinInput, JoinInput]): { rises: Rises; late: readonly [Uint8Array, Uint8Array] } {
    const rises = new Rises();
    const late = [new Uint8Array(inputs[0].times.length), new Uint8Array(inputs[1].times.length)] as const;
    const next = [inputs[0].from, inputs[1].from] as [number, number];
    let low = this.watermark;
    for (;;) {
      const input = firstOf(inputs, next);
      if (input === -1) break;
      const row = next[input] as number;
      next[input] = row + 1;
      const { rows, times } = inputs[input] as JoinInput;
      const time = times[row] as number;
      if (!(time >= low)) (late[input] as Uint8Array)[row] = 1;
      const watermark = (rows as StreamBatch).watermark[row] as number;
      this.lastOrdinal = Math.max(this.lastOrdinal, (rows as StreamBatch).ordinal[row] as number);
      if (watermark <= (this.#watermarks[input] as number)) continue;
      this.#watermarks[input] = watermark;
      if (this.watermark > low) {
        low = this.watermark;
        rises.add(low, (rows as StreamBatch).ordinal[row] as number, knownAt(rows as StreamBatch, row, time));
      }
    }
    this.#takeMarks(inputs, low, rises);
    return { rises, late };
  }

  #takeMarks(inputs: readonly [JoinInput, JoinInput], before: number, rises: Rises): void {
    let low = before;
    inputs.forEach(({ marks }, input) => {
      for (const { ordinal, watermark } of marks) {
        this.lastOrdinal = Math.max(this.lastOrdinal, ordinal);
        this.#watermarks[input] = Math.max(this.#watermarks[input] as number, watermark);
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

/** Which input has the next row by (ordinal, sub); the first one where they are equal; -1 when neither has. */
function firstOf(inputs: readonly [JoinInput, JoinInput], next: readonly [number, number]): 0 | 1 | -1 {
  const [i, j] = next;
  const { rows: a, times: left } = inputs[0];
  const { rows: b, times: right } = inputs[1];
  if (a === undefined || i >= left.length) return b === undefined || j >= right.length ? -1 : 1;
  if (b === undefined || j >= right.length) return 0;
  const apart = (a.ordinal[i] as number) - (b.ordinal[j] as number);
  return apart < 0 || (apart === 0 && (a.sub[i] as number) <= (b.sub[j] as number)) ? 0 : 1;
}

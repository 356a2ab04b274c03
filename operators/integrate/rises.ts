import type { BatchMemory } from '../../columnar/index.ts';

/** The rows of one input that may let rows of a join go. */
export interface Passage {
  readonly ordinal: Float64Array;
  readonly sub: Int32Array;
  /** Per row the watermark of the input that it tells. */
  readonly watermarks: Float64Array;
  /** Per row the event time at which it could be known. */
  readonly knownAt: Float64Array;
  /** The input's watermark before them. */
  readonly before: number;
}

/** A rise of a join's watermark that no row made: its height, the ordinal, and the event time. */
export interface Rise {
  readonly watermark: number;
  readonly ordinal: number;
  readonly time: number;
}

/** How the watermark of a join rose in a turn: by rows of both inputs, which it needs both, and after them by marks. */
export class Rises {
  readonly #left: Passage;
  readonly #right: Passage;
  readonly #marks: readonly Rise[];

  constructor([left, right]: readonly [Passage, Passage], marks: readonly Rise[]) {
    this.#left = left;
    this.#right = right;
    this.#marks = marks;
  }

  /**
   * For each row that the turn let go, by event time: the ordinal of what let it go, and when that was known, the row's own event time at least. That is the later of the first rows of both inputs whose
   * watermarks passed the event time by more than `slack`.
   */
  placesOf(times: Float64Array, slack: number, memory: BatchMemory): { readonly ordinal: Float64Array; readonly known: Float64Array } {
    const { ordinal: leftOrdinals, watermarks: leftWatermarks, knownAt: leftKnown } = this.#left;
    const { ordinal: rightOrdinals, watermarks: rightWatermarks, knownAt: rightKnown } = this.#right;
    const [lefts, rights] = [leftOrdinals.length, rightOrdinals.length];
    const ordinal = memory.array(Float64Array, times.length);
    const known = memory.array(Float64Array, times.length);
    // Row -1 stands for what was there before the turn.
    let i = -1;
    let j = -1;
    let leftReached = this.#left.before - slack;
    let rightReached = this.#right.before - slack;
    let place = 0;
    let since = 0;
    for (let row = 0; row < times.length; row++) {
      const time = times[row] as number;
      if (row === 0 || !(leftReached > time && rightReached > time)) {
        while (!(leftReached > time) && i < lefts) leftReached = (leftWatermarks[++i] as number) - slack;
        while (!(rightReached > time) && j < rights) rightReached = (rightWatermarks[++j] as number) - slack;
        if (i === lefts || j === rights) {
          const mark = this.#markAfter(time, slack);
          place = mark.ordinal;
          since = mark.time;
        } else if (i < 0 || (j >= 0 && this.#isRightLater(i, j))) {
          place = rightOrdinals[j] as number;
          since = rightKnown[j] as number;
        } else {
          place = leftOrdinals[i] as number;
          since = leftKnown[i] as number;
        }
      }
      ordinal[row] = place;
      known[row] = Math.max(since, time);
    }
    return { ordinal, known };
  }

  /** Of equal places the left one comes first. */
  #isRightLater(i: number, j: number): boolean {
    const { ordinal: lefts, sub: leftSubs } = this.#left;
    const { ordinal: rights, sub: rightSubs } = this.#right;
    return (rights[j] as number) > (lefts[i] as number) || (rights[j] === lefts[i] && (rightSubs[j] as number) >= (leftSubs[i] as number));
  }

  #markAfter(time: number, slack: number): Rise {
    return this.#marks.find(({ watermark }) => watermark - slack > time) ?? (this.#marks.at(-1) as Rise);
  }
}

const NOTHING: Passage = {
  ordinal: new Float64Array(0),
  sub: new Int32Array(0),
  watermarks: new Float64Array(0),
  knownAt: new Float64Array(0),
  before: Number.NEGATIVE_INFINITY,
};

/** The rise at the end of the inputs. */
export const riseAtEnd = (ordinal: number): Rises =>
  new Rises([NOTHING, NOTHING], [{ watermark: Number.POSITIVE_INFINITY, ordinal, time: Number.NEGATIVE_INFINITY }]);

/** Windows of `size` ms, one beginning every `slide` ms, counted from `offset` after the epoch. */
export interface WindowSpacing {
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
}

/** Where windows and their panes begin and end. All of it is arithmetic: a leap of event time over years costs no loop over the windows between. */
export class WindowBounds {
  readonly paneSize: number;
  /** True where windows do not overlap. */
  readonly paneIsWindow: boolean;
  readonly #spacing: WindowSpacing;
  /** How many windows lie over a pane, less one. */
  readonly #others: number;

  constructor(spacing: WindowSpacing) {
    this.#spacing = spacing;
    this.paneSize = greatestCommonDivisor(spacing.size, spacing.slide);
    this.paneIsWindow = this.paneSize === spacing.size;
    this.#others = Math.ceil(spacing.size / spacing.slide) - 1;
  }

  /** Start of the pane that an event time lies in. */
  paneStart(time: number): number {
    const { offset } = this.#spacing;
    return Math.floor((time - offset) / this.paneSize) * this.paneSize + offset;
  }

  /** End of the last window that an event time lies in. */
  lastEnd(time: number): number {
    const { size, slide, offset } = this.#spacing;
    return Math.floor((time - offset) / slide) * slide + offset + size;
  }

  /** End of the first window over a pane that ends after `closedThrough`; infinite where all have ended. */
  firstEndAfter(closedThrough: number, paneStart: number): number {
    const { slide } = this.#spacing;
    const last = this.lastEnd(paneStart);
    const bound = Math.max(closedThrough, paneStart);
    if (last <= bound) return Number.POSITIVE_INFINITY;
    return last - Math.min(this.#others, Math.ceil((last - bound) / slide) - 1) * slide;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

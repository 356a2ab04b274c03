import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { eventTimes } from '../rows/event-times.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { ClosedWindows, type Closing } from './closed-windows.ts';
import { type Aggregates, Slots } from './slots.ts';

/** Windows of `size` ms, one beginning every `slide` ms, counted from `offset` after the epoch. */
export interface TimeWindowSettings {
  readonly key: string | undefined;
  readonly size: number;
  readonly slide: number;
  readonly offset: number;
  readonly aggregates: Aggregates;
}

/** A stretch of time that no window cuts through: windows are made of whole panes, so that overlapping ones add each row once. */
interface Pane {
  readonly start: number;
  /** 1 + slot, by group; 0 where the key has no row in the pane. */
  slotOf: Int32Array;
  /** Groups with rows in the pane, in order of first sight. */
  readonly groups: number[];
}

/** Groups beyond which those without an open window are forgotten. */
const MANY_GROUPS = 65_536;

/** What became of the rows of a batch. */
export interface Assignment {
  readonly output: StreamBatch;
  /** Rows whose windows had all closed. */
  readonly late: Int32Array;
  /** Rows without an event time. */
  readonly timeless: Int32Array;
}

/** The open windows of `tumblingWindow` and `hoppingWindow`. */
export class TimeWindows {
  readonly #settings: TimeWindowSettings;
  readonly #paneSize: number;
  readonly #slots: Slots;
  readonly #order: OutputOrder;
  #groups: KeyGroups;
  #panes: Pane[] = [];
  /** Windows that end here or before have closed. */
  #closedThrough = Number.NEGATIVE_INFINITY;
  /** End of the window that closes next. */
  #nextEnd = Number.POSITIVE_INFINITY;
  #lastOrdinal = 0;

  constructor(settings: TimeWindowSettings, order = new OutputOrder()) {
    this.#settings = settings;
    this.#paneSize = greatestCommonDivisor(settings.size, settings.slide);
    this.#slots = new Slots(settings.aggregates);
    this.#groups = new KeyGroups(settings.key);
    this.#order = order;
  }

  /** Takes a batch; returns the windows that it closed. */
  append(input: StreamBatch): Assignment {
    this.#forgetGroups();
    const times = eventTimes(input.batch);
    const groups = this.#groups.groupsOf(input.batch);
    const views = this.#slots.viewsOf(input.batch);
    const closed = new ClosedWindows();
    const slots = new Int32Array(groups.length).fill(-1);
    const late: number[] = [];
    const timeless: number[] = [];
    let added = 0;
    let pane: Pane | undefined;
    for (let row = 0; row < slots.length; row++) {
      const watermark = input.watermark[row] as number;
      if (watermark >= this.#nextEnd) {
        // A window must not see rows that come after it closed.
        this.#slots.add(views, slots, added, row);
        added = row;
        this.#close(
          watermark,
          { ordinal: input.ordinal[row] as number, availableAt: knownAt(input, row, Math.max(watermark, times[row] || watermark)) },
          closed,
        );
        pane = undefined;
      }
      const time = times[row] as number;
      if (pane === undefined || !(time >= pane.start && time < pane.start + this.#paneSize)) pane = this.#paneAt(time, watermark);
      if (pane === undefined) (Number.isNaN(time) ? timeless : late).push(row);
      else slots[row] = this.#slotIn(pane, groups[row] as number);
    }
    this.#slots.add(views, slots, added, slots.length);
    this.#lastOrdinal = Math.max(this.#lastOrdinal, input.ordinal.at(-1) ?? 0, input.mark?.ordinal ?? 0);
    if (input.mark !== undefined && input.mark.watermark >= this.#nextEnd) {
      this.#close(input.mark.watermark, { ordinal: input.mark.ordinal, availableAt: input.mark.watermark }, closed);
    }
    const output = closed.output(input, this.#key(), this.#slots, this.#order);
    return { output, late: Int32Array.from(late), timeless: Int32Array.from(timeless) };
  }

  /** Closes all windows at the end of the input. */
  end(): StreamBatch | undefined {
    const closed = new ClosedWindows();
    this.#close(Number.POSITIVE_INFINITY, { ordinal: this.#lastOrdinal, availableAt: Number.NEGATIVE_INFINITY }, closed);
    return closed.rows === 0
      ? undefined
      : closed.output({ origin: { source: 'end', partition: 0 } }, this.#key(), this.#slots, this.#order);
  }

  #key() {
    const { key } = this.#settings;
    return key === undefined ? undefined : { name: key, groups: this.#groups };
  }

  #paneAt(time: number, watermark: number): Pane | undefined {
    const { size, slide, offset } = this.#settings;
    const lastEnd = Math.floor((time - offset) / slide) * slide + offset + size;
    // Also false for NaN, the time of a row without one.
    if (!(lastEnd > watermark)) return undefined;
    const start = Math.floor((time - offset) / this.#paneSize) * this.#paneSize + offset;
    let at = this.#panes.length;
    while (at > 0 && (this.#panes[at - 1] as Pane).start > start) at--;
    let pane = this.#panes[at - 1];
    if (pane?.start !== start) {
      // Only when a pane is made: how often panes are looked up depends on cuts, and the state must not.
      this.#closedThrough = Math.max(this.#closedThrough, watermark);
      pane = { start, slotOf: new Int32Array(this.#groups.size), groups: [] };
      this.#panes.splice(at, 0, pane);
      this.#nextEnd = Math.min(this.#nextEnd, this.#firstOpenEnd(pane));
    }
    return pane;
  }

  #slotIn(pane: Pane, group: number): number {
    if (group >= pane.slotOf.length) {
      const grown = new Int32Array(this.#groups.size);
      grown.set(pane.slotOf);
      pane.slotOf = grown;
    }
    const known = pane.slotOf[group] as number;
    if (known > 0) return known - 1;
    const slot = this.#slots.take();
    pane.slotOf[group] = slot + 1;
    pane.groups.push(group);
    return slot;
  }

  /** End of the first window over the pane that is still open. */
  #firstOpenEnd(pane: Pane): number {
    const { size, slide, offset } = this.#settings;
    const last = Math.floor((pane.start - offset) / slide) * slide + offset + size;
    const windows = Math.ceil(size / slide);
    for (let back = windows - 1; back >= 0; back--) {
      const end = last - back * slide;
      if (end > pane.start && end > this.#closedThrough) return end;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Closes every window whose end the watermark has reached, in order of their ends. */
  #close(watermark: number, closing: Closing, closed: ClosedWindows): void {
    while (this.#nextEnd <= watermark && this.#panes.length > 0) {
      const end = this.#nextEnd;
      this.#closeWindow(end, { ...closing, availableAt: Math.max(closing.availableAt, end) }, closed);
      this.#closedThrough = end;
      this.#panes = this.#panes.filter((pane) => this.#keep(pane));
      this.#nextEnd = Math.min(...this.#panes.map((pane) => this.#firstOpenEnd(pane)), Number.POSITIVE_INFINITY);
    }
    if (Number.isFinite(watermark)) this.#closedThrough = Math.max(this.#closedThrough, watermark);
  }

  /** True while a window over the pane is open; else its slots are given back (a tumbling window's slot belongs to the result). */
  #keep(pane: Pane): boolean {
    if (this.#firstOpenEnd(pane) < Number.POSITIVE_INFINITY) return true;
    if (this.#paneSize !== this.#settings.size) for (const group of pane.groups) this.#slots.free((pane.slotOf[group] as number) - 1);
    return false;
  }

  #closeWindow(end: number, closing: Closing, closed: ClosedWindows): void {
    const start = end - this.#settings.size;
    const panes = this.#panes.filter((pane) => pane.start >= start && pane.start < end);
    if (this.#paneSize === this.#settings.size) {
      for (const pane of panes) {
        for (const group of pane.groups) closed.add(start, end, group, (pane.slotOf[group] as number) - 1, closing);
      }
      return;
    }
    const merged = new Map<number, number>();
    for (const pane of panes) {
      for (const group of pane.groups) {
        const into = merged.get(group) ?? this.#slots.take();
        merged.set(group, into);
        this.#slots.merge((pane.slotOf[group] as number) - 1, into);
      }
    }
    for (const [group, slot] of merged) closed.add(start, end, group, slot, closing);
  }

  /** Numbers keys anew when most of them have no open window: memory follows the open windows, not the history. Results do not show it. */
  #forgetGroups(): void {
    if (this.#groups.size < MANY_GROUPS) return;
    const live = this.#panes.reduce((sum, pane) => sum + pane.groups.length, 0);
    if (live * 4 > this.#groups.size) return;
    const groups = new KeyGroups(this.#settings.key, this.#groups.kind);
    for (const pane of this.#panes) {
      const old = pane.groups.splice(0).map((group) => [groups.add(this.#groups.keyOf(group)), pane.slotOf[group] as number] as const);
      pane.slotOf = new Int32Array(groups.size);
      for (const [group, slot] of old) {
        pane.slotOf[group] = slot;
        pane.groups.push(group);
      }
    }
    this.#groups = groups;
  }

  write(out: StateWriter): void {
    this.#order.write(out);
    out.number(this.#closedThrough).number(this.#lastOrdinal).string(this.#groups.kind).number(this.#panes.length);
    for (const pane of this.#panes) {
      out.number(pane.start);
      KeyGroups.writeKeys(
        out,
        pane.groups.map((group) => this.#groups.keyOf(group)),
      );
      this.#slots.write(
        out,
        Int32Array.from(pane.groups, (group) => (pane.slotOf[group] as number) - 1),
      );
    }
  }

  static read(settings: TimeWindowSettings, input: StateReader): TimeWindows {
    const windows = new TimeWindows(settings, OutputOrder.read(input));
    windows.#closedThrough = input.number();
    windows.#lastOrdinal = input.number();
    windows.#groups = new KeyGroups(settings.key, input.string());
    const panes = input.number();
    for (let i = 0; i < panes; i++) {
      const start = input.number();
      const groups = KeyGroups.readKeys(input).map((key) => windows.#groups.add(key));
      const slots = windows.#slots.read(input, groups.length);
      const slotOf = new Int32Array(windows.#groups.size);
      groups.forEach((group, index) => {
        slotOf[group] = (slots[index] as number) + 1;
      });
      windows.#panes.push({ start, slotOf, groups });
    }
    windows.#nextEnd = Math.min(...windows.#panes.map((pane) => windows.#firstOpenEnd(pane)), Number.POSITIVE_INFINITY);
    return windows;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

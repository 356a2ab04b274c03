import { Validity } from '../../columnar/index.ts';
import { SlotTables, TimedRows } from '../../kernels/index.ts';
import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { eventTimeData } from '../rows/event-times.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';
import type { BatchViews } from './aggregates/aggregate.ts';
import { ClosedWindows, type Closing } from './closed-windows.ts';
import { GroupSlots } from './group-slots.ts';
import { type Aggregates, Slots } from './slots.ts';
import { WindowBounds } from './window-bounds.ts';
import { readSlots, type StoredAggregates } from './window-layout.ts';

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
  members: GroupSlots;
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
  readonly #bounds: WindowBounds;
  readonly #slots: Slots;
  readonly #order: OutputOrder;
  readonly #closed = new ClosedWindows();
  /** What is read of a batch. */
  readonly #timed = new TimedRows();
  readonly #tables = new SlotTables();
  /** Where panes are merged; what closes is copied at once. */
  readonly #merging = new GroupSlots(this.#tables, false);
  /** The members of a pane that is gone, for the next one. */
  #spare: GroupSlots | undefined;
  #groups: KeyGroups;
  #panes: Pane[] = [];
  /** Windows that end here or before have closed. */
  #closedThrough = Number.NEGATIVE_INFINITY;
  /** End of the window that closes next. */
  #nextEnd = Number.POSITIVE_INFINITY;
  #lastOrdinal = 0;

  constructor(settings: TimeWindowSettings, order = new OutputOrder()) {
    this.#settings = settings;
    this.#bounds = new WindowBounds(settings);
    this.#slots = new Slots(settings.aggregates);
    this.#groups = new KeyGroups(settings.key);
    this.#order = order;
  }

  /** Takes a batch; returns the windows that it closed. */
  append(input: StreamBatch): Assignment {
    this.#forgetGroups();
    const views = this.#load(input);
    const { numRows } = input.batch;
    const late: number[] = [];
    const timeless: number[] = [];
    let added = 0;
    for (let row = 0; row < numRows; ) {
      const watermark = input.watermark[row] as number;
      const time = this.#timed.at(row);
      if (watermark >= this.#nextEnd) {
        // Before panes are merged; the slots of a pane that is a window take no more rows, and may be read after all rows are in.
        if (!this.#bounds.paneIsWindow) {
          this.#slots.add(views, this.#tables.slots, added, row);
          added = row;
        }
        const availableAt = knownAt(input, row, Math.max(watermark, time || watermark));
        this.#close(watermark, { ordinal: input.ordinal[row] as number, availableAt });
      }
      const pane = this.#paneAt(time, watermark);
      if (pane !== undefined) row = this.#assign(pane, row, numRows);
      else {
        (Number.isNaN(time) ? timeless : late).push(row);
        this.#tables.setSlot(row++, -1);
      }
    }
    this.#slots.add(views, this.#tables.slots, added, numRows);
    this.#lastOrdinal = Math.max(this.#lastOrdinal, input.ordinal.at(-1) ?? 0, input.mark?.ordinal ?? 0);
    if (input.mark !== undefined && input.mark.watermark >= this.#nextEnd) {
      this.#close(input.mark.watermark, { ordinal: input.mark.ordinal, availableAt: input.mark.watermark });
    }
    const output = this.#closed.output(input, this.#key(), this.#slots, this.#order);
    return { output, late: Int32Array.from(late), timeless: Int32Array.from(timeless) };
  }

  #load(input: StreamBatch): BatchViews {
    const times = eventTimeData(input.batch);
    const validity = Validity.of(times);
    this.#timed.load(times.values, times.type.unit, input.watermark, validity.complete ? undefined : (row) => !validity.isValid(row));
    this.#tables.reserveRows(input.batch.numRows);
    const memory = this.#tables.groups;
    const groups = this.#groups.groupsOf(input.batch, undefined, memory);
    if (groups.buffer !== memory.buffer) memory.set(groups);
    return this.#slots.viewsOf(input.batch);
  }

  /** Gives slots to rows from `from` on, as long as they lie in the pane and close no window; returns the row after them. */
  #assign({ members, start }: Pane, from: number, rows: number): number {
    const until = this.#timed.stretchEnd(from + 1, rows, start, start + this.#bounds.paneSize, this.#nextEnd);
    members.reserve(this.#groups.size);
    members.assign(from, until, this.#slots);
    return until;
  }

  /** Closes all windows at the end of the input. */
  end(): StreamBatch | undefined {
    this.#close(Number.POSITIVE_INFINITY, { ordinal: this.#lastOrdinal, availableAt: Number.NEGATIVE_INFINITY });
    return this.#closed.rows === 0
      ? undefined
      : this.#closed.output({ origin: { source: 'end', partition: 0 } }, this.#key(), this.#slots, this.#order);
  }

  #key() {
    const { key } = this.#settings;
    return key === undefined ? undefined : { name: key, groups: this.#groups };
  }

  #paneAt(time: number, watermark: number): Pane | undefined {
    // Also false for NaN, the time of a row without one.
    if (!(this.#bounds.lastEnd(time) > watermark)) return undefined;
    const start = this.#bounds.paneStart(time);
    let at = this.#panes.length;
    while (at > 0 && (this.#panes[at - 1] as Pane).start > start) at--;
    let pane = this.#panes[at - 1];
    if (pane?.start !== start) {
      // Only when a pane is made: how often panes are looked up depends on cuts, and the state must not.
      this.#closedThrough = Math.max(this.#closedThrough, watermark);
      pane = { start, members: this.#spare ?? new GroupSlots(this.#tables) };
      this.#spare = undefined;
      this.#panes.splice(at, 0, pane);
      this.#nextEnd = Math.min(this.#nextEnd, this.#bounds.firstEndAfter(this.#closedThrough, start));
    }
    return pane;
  }

  /** Closes every window whose end the watermark has reached, in order of their ends. */
  #close(watermark: number, closing: Closing): void {
    while (this.#nextEnd <= watermark && this.#panes.length > 0) {
      const end = this.#nextEnd;
      this.#closeWindow(end, { ordinal: closing.ordinal, availableAt: Math.max(closing.availableAt, end) });
      this.#closedThrough = end;
      this.#panes = this.#panes.filter((pane) => this.#keep(pane));
      this.#nextEnd = this.#firstOpenEnd();
    }
    if (Number.isFinite(watermark)) this.#closedThrough = Math.max(this.#closedThrough, watermark);
  }

  #firstOpenEnd(): number {
    return this.#panes.reduce(
      (least, { start }) => Math.min(least, this.#bounds.firstEndAfter(this.#closedThrough, start)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** True while a window over the pane is open; else its slots are given back (a tumbling window's slot belongs to the result). */
  #keep({ start, members }: Pane): boolean {
    if (this.#bounds.firstEndAfter(this.#closedThrough, start) < Number.POSITIVE_INFINITY) return true;
    if (!this.#bounds.paneIsWindow) this.#slots.free(members.slots);
    members.clear();
    this.#spare?.release();
    this.#spare = members;
    return false;
  }

  #closeWindow(end: number, closing: Closing): void {
    const start = end - this.#settings.size;
    const panes = this.#panes.filter((pane) => pane.start >= start && pane.start < end);
    const { groups, slots } = this.#bounds.paneIsWindow ? (panes[0] as Pane).members : this.#merged(panes);
    this.#closed.addAll(start, end, groups, slots, closing);
  }

  /** The panes of a window, merged in order into slots of their own. */
  #merged(panes: readonly Pane[]): GroupSlots {
    const merged = this.#merging;
    merged.clear();
    merged.reserve(this.#groups.size);
    for (const { members } of panes) {
      const { groups } = members;
      const into = new Int32Array(groups.length);
      for (let member = 0; member < groups.length; member++) {
        into[member] = merged.findOrAdd(groups[member] as number, this.#slots);
      }
      this.#slots.merge(members.slots, into);
    }
    return merged;
  }

  /** Numbers keys anew when most of them have no open window: memory follows the open windows, not the history. Results do not show it. */
  #forgetGroups(): void {
    if (this.#groups.size < MANY_GROUPS) return;
    const live = this.#panes.reduce((sum, { members }) => sum + members.size, 0);
    if (live * 4 > this.#groups.size) return;
    const groups = new KeyGroups(this.#settings.key, this.#groups.kind);
    for (const pane of this.#panes) {
      const { members } = pane;
      const renumbered = Array.from(members.groups, (group) => groups.add(this.#groups.keyOf(group)));
      pane.members = this.#membersOf(renumbered, members.slots, groups.size);
      members.release();
    }
    this.#groups = groups;
    this.#spare?.release();
    this.#spare = undefined;
  }

  #membersOf(groups: readonly number[], slots: Int32Array, size: number): GroupSlots {
    const members = new GroupSlots(this.#tables);
    members.reserve(size);
    groups.forEach((group, index) => {
      members.add(group, slots[index] as number);
    });
    return members;
  }

  write(out: StateWriter): void {
    this.#order.write(out);
    out.number(this.#closedThrough).number(this.#lastOrdinal).string(this.#groups.kind).number(this.#panes.length);
    for (const { start, members } of this.#panes) {
      out.number(start);
      KeyGroups.writeKeys(
        out,
        Array.from(members.groups, (group) => this.#groups.keyOf(group)),
      );
      this.#slots.writeApart(out, members.slots);
    }
  }

  static read(settings: TimeWindowSettings, input: StateReader, stored: StoredAggregates): TimeWindows {
    const windows = new TimeWindows(settings, OutputOrder.read(input));
    windows.#closedThrough = input.number();
    windows.#lastOrdinal = input.number();
    windows.#groups = new KeyGroups(settings.key, input.string());
    const panes = input.number();
    for (let i = 0; i < panes; i++) {
      const start = input.number();
      const groups = KeyGroups.readKeys(input).map((key) => windows.#groups.add(key));
      const slots = readSlots(windows.#slots, input, groups.length, stored);
      windows.#panes.push({ start, members: windows.#membersOf(groups, slots, windows.#groups.size) });
    }
    windows.#nextEnd = windows.#firstOpenEnd();
    return windows;
  }
}

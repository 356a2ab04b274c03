import type { StateReader, StateWriter, StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { PerKey } from '../keys/per-key.ts';
import { eventTimes } from '../rows/event-times.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { ClosedWindows } from './closed-windows.ts';
import { type Aggregates, Slots } from './slots.ts';
import type { Assignment } from './time-windows.ts';
import { readSlots, type StoredAggregates } from './window-layout.ts';

/** Windows of `rows` rows of a key. */
export interface CountWindowSettings {
  readonly key: string | undefined;
  readonly rows: number;
  readonly aggregates: Aggregates;
  /** True: windows that are not full are put out at the end of the input. */
  readonly partial: boolean;
}

/** Per key: rows in the window, least and greatest event time, slot. */
const WIDTH = 4;

/** The open windows of `countWindow`. */
export class CountWindows {
  readonly #settings: CountWindowSettings;
  readonly #slots: Slots;
  readonly #order: OutputOrder;
  readonly #closed = new ClosedWindows();
  readonly #groups: KeyGroups;
  readonly #windows = new PerKey(WIDTH);
  #last = { ordinal: 0, watermark: Number.NEGATIVE_INFINITY };

  constructor(settings: CountWindowSettings, order = new OutputOrder(), groups = new KeyGroups(settings.key)) {
    this.#settings = settings;
    this.#slots = new Slots(settings.aggregates);
    this.#order = order;
    this.#groups = groups;
  }

  append(input: StreamBatch): Assignment {
    const times = eventTimes(input.batch);
    const groups = this.#groups.groupsOf(input.batch);
    const windows = this.#windows.reserve(this.#groups.size);
    const closed = this.#closed;
    const slots = new Int32Array(groups.length).fill(-1);
    const timeless: number[] = [];
    for (let row = 0; row < slots.length; row++) {
      const time = times[row] as number;
      const at = (groups[row] as number) * WIDTH;
      if (Number.isNaN(time)) {
        timeless.push(row);
        continue;
      }
      if (windows[at] === 0) windows.set([0, time, time, this.#slots.take()], at);
      windows[at] = (windows[at] as number) + 1;
      windows[at + 1] = Math.min(windows[at + 1] as number, time);
      windows[at + 2] = Math.max(windows[at + 2] as number, time);
      slots[row] = windows[at + 3] as number;
      if (windows[at] === this.#settings.rows) {
        const ordinal = input.ordinal[row] as number;
        this.#close(closed, groups[row] as number, windows, { ordinal, watermark: input.watermark[row] as number });
      }
    }
    // A full window takes no more rows, so its slot may be read after all rows are in.
    this.#slots.add(this.#slots.viewsOf(input.batch), slots, 0, slots.length);
    const rows = input.batch.numRows;
    if (rows > 0) this.#last = { ordinal: input.ordinal[rows - 1] as number, watermark: input.watermark[rows - 1] as number };
    return {
      output: closed.output(input, this.#key(), this.#slots, this.#order),
      late: new Int32Array(0),
      timeless: Int32Array.from(timeless),
    };
  }

  #close(
    closed: ClosedWindows,
    group: number,
    windows: Float64Array,
    place: { readonly ordinal: number; readonly watermark: number },
  ): void {
    const [, start, end, slot] = windows.subarray(group * WIDTH, (group + 1) * WIDTH) as unknown as [number, number, number, number];
    closed.add(start, end + 1, group, slot, { ordinal: place.ordinal, availableAt: end }, place.watermark);
    windows[group * WIDTH] = 0;
  }

  end(): StreamBatch | undefined {
    if (!this.#settings.partial) return undefined;
    const closed = this.#closed;
    const windows = this.#windows.reserve(this.#groups.size);
    for (let group = 0; group < this.#groups.size; group++) {
      if ((windows[group * WIDTH] as number) > 0) this.#close(closed, group, windows, this.#last);
    }
    return closed.rows === 0
      ? undefined
      : closed.output({ origin: { source: 'end', partition: 0 } }, this.#key(), this.#slots, this.#order);
  }

  #key() {
    const { key } = this.#settings;
    return key === undefined ? undefined : { name: key, groups: this.#groups };
  }

  write(out: StateWriter): void {
    const windows = this.#windows.reserve(this.#groups.size);
    const open = Array.from({ length: this.#groups.size }, (_, group) => group).filter((group) => (windows[group * WIDTH] as number) > 0);
    this.#order.write(out);
    out.number(this.#last.ordinal).number(this.#last.watermark);
    this.#groups.write(out);
    out.numbers(Int32Array.from(open));
    // Slot numbers depend on what was free; the bytes must not.
    for (const group of open) out.numbers(windows.subarray(group * WIDTH, group * WIDTH + 3));
    this.#slots.writeApart(
      out,
      Int32Array.from(open, (group) => windows[group * WIDTH + 3] as number),
    );
  }

  static read(settings: CountWindowSettings, input: StateReader, stored: StoredAggregates): CountWindows {
    const order = OutputOrder.read(input);
    const last = { ordinal: input.number(), watermark: input.number() };
    const restored = new CountWindows(settings, order, KeyGroups.read(settings.key, input));
    restored.#last = last;
    const windows = restored.#windows.reserve(restored.#groups.size);
    const open = input.int32s();
    for (const group of open) windows.set(input.float64s(), group * WIDTH);
    const slots = readSlots(restored.#slots, input, open.length, stored);
    open.forEach((group, index) => {
      windows[group * WIDTH + 3] = slots[index] as number;
    });
    return restored;
  }
}

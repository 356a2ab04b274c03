import { Heap, type StateReader, type StateWriter, type StreamBatch } from '../../streams/index.ts';
import { KeyGroups } from '../keys/key-groups.ts';
import { eventTimes } from '../rows/event-times.ts';

import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';
import { ClosedWindows, type Closing } from './closed-windows.ts';
import { type Aggregates, Slots } from './slots.ts';
import type { Assignment } from './time-windows.ts';
import { readSlots, type StoredAggregates } from './window-layout.ts';

/** Sessions of a key end after `gap` ms without a row. */
export interface SessionSettings {
  readonly key: string | undefined;
  readonly gap: number;
  readonly aggregates: Aggregates;
}

interface Session {
  readonly group: number;
  readonly slot: number;
  /** Order of creation. */
  readonly number: number;
  start: number;
  /** Last row's time plus the gap. */
  end: number;
  /** Put out, or merged into another. */
  closed?: boolean;
}

const MANY_GROUPS = 65_536;

/** The open sessions of `sessionWindow`. */
export class SessionWindows {
  readonly #settings: SessionSettings;
  readonly #slots: Slots;
  readonly #order: OutputOrder;
  readonly #closed = new ClosedWindows();
  #groups: KeyGroups;
  /** By group: its open sessions, seldom more than one. */
  #sessions: (Session[] | undefined)[] = [];
  #created = 0;
  #open = 0;
  /** Sessions by their ends; one that was extended since, or merged into another, is put right when it comes up. */
  #ends = new Heap<{ readonly end: number; readonly session: Session }>(
    (a, b) => a.end < b.end || (a.end === b.end && a.session.number < b.session.number),
  );
  #lastOrdinal = 0;

  constructor(settings: SessionSettings, order = new OutputOrder()) {
    this.#settings = settings;
    this.#slots = new Slots(settings.aggregates);
    this.#groups = new KeyGroups(settings.key);
    this.#order = order;
  }

  append(input: StreamBatch): Assignment {
    this.#forgetGroups();
    const times = eventTimes(input.batch);
    const groups = this.#groups.groupsOf(input.batch);
    const views = this.#slots.viewsOf(input.batch);
    const closed = this.#closed;
    const slots = new Int32Array(groups.length).fill(-1);
    const late: number[] = [];
    const timeless: number[] = [];
    // A closed session takes no more rows, so its slot may be read after all rows are in; before sessions merge, theirs have to be.
    let added = 0;
    const addRows = (until: number) => {
      this.#slots.add(views, slots, added, until);
      added = until;
    };
    for (let row = 0; row < slots.length; row++) {
      const time = times[row] as number;
      const watermark = input.watermark[row] as number;
      if (watermark >= (this.#ends.first?.end ?? Number.POSITIVE_INFINITY)) {
        this.#close(
          watermark,
          { ordinal: input.ordinal[row] as number, availableAt: knownAt(input, row, Math.max(watermark, time || watermark)) },
          closed,
        );
      }
      if (Number.isNaN(time)) timeless.push(row);
      else
        slots[row] = this.#extend(groups[row] as number, time) ?? this.#assign(groups[row] as number, time, watermark, () => addRows(row));
      if (slots[row] === -1 && !Number.isNaN(time)) late.push(row);
    }
    addRows(slots.length);
    this.#lastOrdinal = Math.max(this.#lastOrdinal, input.ordinal.at(-1) ?? 0, input.mark?.ordinal ?? 0);
    const { mark } = input;
    if (mark !== undefined) this.#close(mark.watermark, { ordinal: mark.ordinal, availableAt: mark.watermark }, closed);
    return {
      output: closed.output(input, this.#key(), this.#slots, this.#order),
      late: Int32Array.from(late),
      timeless: Int32Array.from(timeless),
    };
  }

  end(): StreamBatch | undefined {
    const closed = this.#closed;
    this.#close(Number.POSITIVE_INFINITY, { ordinal: this.#lastOrdinal, availableAt: Number.NEGATIVE_INFINITY }, closed);
    return closed.rows === 0
      ? undefined
      : closed.output({ origin: { source: 'end', partition: 0 } }, this.#key(), this.#slots, this.#order);
  }

  #key() {
    const { key } = this.#settings;
    return key === undefined ? undefined : { name: key, groups: this.#groups };
  }

  /** Most rows go on with the one open session of their key: its slot, or undefined where it is not so. */
  #extend(group: number, time: number): number | undefined {
    const { gap } = this.#settings;
    const open = this.#sessions[group];
    const only = open?.[0];
    if (open?.length !== 1 || only === undefined || time >= only.end || time + gap <= only.start) return undefined;
    only.start = Math.min(only.start, time);
    only.end = Math.max(only.end, time + gap);
    return only.slot;
  }

  /** The slot of a row, or -1 where it is late: its own session would have ended, and it touches none that is open. */
  #assign(group: number, time: number, watermark: number, addRows: () => void): number {
    const { gap } = this.#settings;
    const open = this.#sessions[group];
    // A row touches a session when less than the gap lies between them.
    const touched = open?.filter((session) => time < session.end && time + gap > session.start) ?? [];
    const [first, ...others] = touched;
    if (first === undefined) return time + gap > watermark ? this.#create(group, time) : -1;
    if (others.length > 0) {
      addRows();
      for (const other of others) this.#mergeInto(first, other);
    }
    first.start = Math.min(first.start, time);
    first.end = Math.max(first.end, time + gap);
    return first.slot;
  }

  #create(group: number, time: number): number {
    const session: Session = { group, slot: this.#slots.take(), number: this.#created++, start: time, end: time + this.#settings.gap };
    this.#put(session);
    return session.slot;
  }

  #mergeInto(session: Session, other: Session): void {
    this.#slots.merge(Int32Array.of(other.slot), Int32Array.of(session.slot));
    this.#slots.free(Int32Array.of(other.slot));
    session.start = Math.min(session.start, other.start);
    session.end = Math.max(session.end, other.end);
    this.#remove(other);
  }

  #remove(session: Session): void {
    const left = this.#sessions[session.group]?.filter((other) => other !== session) ?? [];
    this.#sessions[session.group] = left.length === 0 ? undefined : left;
    session.closed = true;
    this.#open--;
  }

  #all(): Session[] {
    return this.#sessions.flatMap((sessions) => sessions ?? []).sort((a, b) => a.number - b.number);
  }

  #close(watermark: number, closing: Closing, closed: ClosedWindows): void {
    while (this.#ends.first !== undefined && this.#ends.first.end <= watermark) {
      const { end, session } = this.#ends.pop() as { end: number; session: Session };
      if (session.closed) continue;
      if (session.end > end) this.#ends.push({ end: session.end, session });
      else {
        const { start, slot, group } = session;
        closed.add(start, end, group, slot, { ...closing, availableAt: Math.max(closing.availableAt, end) });
        this.#remove(session);
      }
    }
  }

  /** Numbers keys anew when most of them have no open session. */
  #forgetGroups(): void {
    if (this.#groups.size < MANY_GROUPS || this.#open * 4 > this.#groups.size) return;
    const groups = new KeyGroups(this.#settings.key, this.#groups.kind);
    const all = this.#all();
    this.#sessions = [];
    this.#open = 0;
    while (this.#ends.pop() !== undefined);
    for (const session of all) this.#put({ ...session, group: groups.add(this.#groups.keyOf(session.group)) });
    this.#groups = groups;
  }

  #put(session: Session): void {
    const open = this.#sessions[session.group] ?? [];
    this.#sessions[session.group] = open;
    open.push(session);
    this.#open++;
    this.#ends.push({ end: session.end, session });
  }

  write(out: StateWriter): void {
    const all = this.#all();
    this.#order.write(out);
    out.number(this.#lastOrdinal).number(this.#created).string(this.#groups.kind);
    KeyGroups.writeKeys(
      out,
      all.map(({ group }) => this.#groups.keyOf(group)),
    );
    out.numbers(Float64Array.from(all.flatMap(({ number, start, end }) => [number, start, end])));
    this.#slots.writeApart(
      out,
      Int32Array.from(all, ({ slot }) => slot),
    );
  }

  static read(settings: SessionSettings, input: StateReader, stored: StoredAggregates): SessionWindows {
    const windows = new SessionWindows(settings, OutputOrder.read(input));
    windows.#lastOrdinal = input.number();
    windows.#created = input.number();
    windows.#groups = new KeyGroups(settings.key, input.string());
    const groups = KeyGroups.readKeys(input).map((key) => windows.#groups.add(key));
    const bounds = input.float64s();
    const slots = readSlots(windows.#slots, input, groups.length, stored);
    groups.forEach((group, i) => {
      const [number, start, end] = bounds.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
      windows.#put({ group, slot: slots[i] as number, number, start, end });
    });
    return windows;
  }
}

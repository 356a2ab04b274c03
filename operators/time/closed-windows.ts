import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { type Batch, type BatchSchema, makeBatch, timestampData, withRoles } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import type { KeyGroups } from '../keys/key-groups.ts';
import type { OutputOrder } from '../rows/output-order.ts';
import type { Slots } from './slots.ts';

/** Where in the stream a window closed. */
export interface Closing {
  readonly ordinal: number;
  /** Event time at which the result could be known. */
  readonly availableAt: number;
}

/** The key of the windows: its name, and the groups that stand for its values. */
export interface WindowKey {
  readonly name: string;
  readonly groups: KeyGroups;
}

/** Per result: start and end of the window, watermark, ordinal and event time of its closing. */
const PLACES = 5;

/** Windows that have closed and wait to be put out, in order. */
export class ClosedWindows {
  rows = 0;
  #places = new Float64Array(0);
  #groups = new Int32Array(0);
  #slots = new Int32Array(0);
  /** Most batches close no window: what they put out is made once. */
  #nothing: { readonly kind: string; readonly batch: Batch } | undefined;

  /** `watermark`: absent, what a window of time allows: no later result has an earlier event time. */
  add(start: number, end: number, group: number, slot: number, closing: Closing, watermark = end - 1): void {
    this.#reserve(this.rows + 1);
    this.#groups[this.rows] = group;
    this.#slots[this.rows] = slot;
    this.#place(this.rows++, start, end, watermark, closing);
  }

  /** Adds windows of many groups that have start and end in common. */
  addAll(start: number, end: number, groups: Int32Array, slots: Int32Array, closing: Closing): void {
    const from = this.rows;
    this.#reserve(from + groups.length);
    this.#groups.set(groups, from);
    this.#slots.set(slots, from);
    this.rows += groups.length;
    for (let row = from; row < this.rows; row++) this.#place(row, start, end, end - 1, closing);
  }

  #place(row: number, start: number, end: number, watermark: number, closing: Closing): void {
    const places = this.#places;
    const at = row * PLACES;
    places[at] = start;
    places[at + 1] = end;
    places[at + 2] = watermark;
    places[at + 3] = closing.ordinal;
    places[at + 4] = closing.availableAt;
  }

  #reserve(rows: number): void {
    if (rows <= this.#slots.length) return;
    const room = Math.max(rows, 2 * this.#slots.length, 16);
    const places = new Float64Array(room * PLACES);
    places.set(this.#places);
    this.#places = places;
    const groups = new Int32Array(room);
    groups.set(this.#groups);
    this.#groups = groups;
    const slots = new Int32Array(room);
    slots.set(this.#slots);
    this.#slots = slots;
  }

  #column(part: number, added = 0): Float64Array {
    const values = new Float64Array(this.rows);
    for (let row = 0; row < values.length; row++) values[row] = (this.#places[row * PLACES + part] as number) + added;
    return values;
  }

  /** The results as a batch; their slots are free afterwards. */
  output(input: Pick<StreamBatch, 'origin' | 'mark'>, key: WindowKey | undefined, slots: Slots, order: OutputOrder): StreamBatch {
    const kind = key?.groups.kind ?? '';
    const empty = this.rows === 0;
    const batch = empty && this.#nothing?.kind === kind ? this.#nothing.batch : this.#batch(key, slots);
    if (empty) this.#nothing = { kind, batch };
    const ordinal = this.#column(3);
    const output = {
      batch,
      origin: input.origin,
      ordinal,
      sub: order.nextAll(ordinal),
      watermark: this.#column(2),
      availableAt: this.#column(4),
    };
    this.rows = 0;
    return input.mark === undefined ? output : { ...output, mark: input.mark };
  }

  #batch(key: WindowKey | undefined, slots: Slots): Batch {
    const used = this.#slots.slice(0, this.rows);
    const columns: [string, Data][] = [
      ...(key === undefined ? [] : [[key.name, key.groups.columnOf(this.#groups.subarray(0, this.rows))] as [string, Data]]),
      ['windowStart', timestampData(this.#column(0))],
      ['windowEnd', timestampData(this.#column(1))],
      ['windowTime', timestampData(this.#column(1, -1))],
      ...slots.results(used).map((data, index): [string, Data] => [slots.names[index] as string, data]),
    ];
    slots.free(used);
    const data = columns.map(([, column]) => column);
    return makeBatch(windowSchema(columns, ['category', 'Utf8'].includes(key?.groups.kind ?? '') ? key?.name : undefined), data, this.rows);
  }
}

function windowSchema(columns: readonly [string, Data][], key: string | undefined): BatchSchema {
  const fields = columns.map(([name, data]) => new Field(name, data.type, !name.startsWith('window')));
  return withRoles<TypeMap>(new Schema(fields as never), { eventTime: 'windowTime', key } as never);
}

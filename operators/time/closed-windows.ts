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

/** Windows that have closed and wait to be put out, in order. */
export class ClosedWindows {
  rows = 0;
  #starts = new Float64Array(0);
  #ends = new Float64Array(0);
  #watermarks = new Float64Array(0);
  #ordinals = new Float64Array(0);
  #availableAt = new Float64Array(0);
  #groups = new Int32Array(0);
  #slots = new Int32Array(0);
  /** Most batches close no window: what they put out is made once. */
  #nothing: { readonly kind: string; readonly batch: Batch } | undefined;

  /** `watermark`: absent, what a window of time allows: no later result has an earlier event time. */
  add(start: number, end: number, group: number, slot: number, closing: Closing, watermark = end - 1): void {
    this.#reserve(this.rows + 1);
    this.#groups[this.rows] = group;
    this.#slots[this.rows] = slot;
    this.#place(this.rows, ++this.rows, start, end, watermark, closing);
  }

  /** Adds windows of many groups that have start and end in common. */
  addAll(start: number, end: number, groups: Int32Array, slots: Int32Array, closing: Closing): void {
    const from = this.rows;
    this.#reserve(from + groups.length);
    this.#groups.set(groups, from);
    this.#slots.set(slots, from);
    this.rows += groups.length;
    this.#place(from, this.rows, start, end, end - 1, closing);
  }

  #place(from: number, to: number, start: number, end: number, watermark: number, closing: Closing): void {
    this.#starts.fill(start, from, to);
    this.#ends.fill(end, from, to);
    this.#watermarks.fill(watermark, from, to);
    this.#ordinals.fill(closing.ordinal, from, to);
    this.#availableAt.fill(closing.availableAt, from, to);
  }

  #reserve(rows: number): void {
    if (rows <= this.#slots.length) return;
    const room = Math.max(rows, 2 * this.#slots.length, 16);
    this.#starts = longer(this.#starts, room);
    this.#ends = longer(this.#ends, room);
    this.#watermarks = longer(this.#watermarks, room);
    this.#ordinals = longer(this.#ordinals, room);
    this.#availableAt = longer(this.#availableAt, room);
    this.#groups = Int32Array.from({ length: room }, (_, row) => this.#groups[row] ?? 0);
    this.#slots = Int32Array.from({ length: room }, (_, row) => this.#slots[row] ?? 0);
  }

  /** The results as a batch; their slots are free afterwards. */
  output(input: Pick<StreamBatch, 'origin' | 'mark'>, key: WindowKey | undefined, slots: Slots, order: OutputOrder): StreamBatch {
    const kind = key?.groups.kind ?? '';
    const empty = this.rows === 0;
    const batch = empty && this.#nothing?.kind === kind ? this.#nothing.batch : this.#batch(key, slots);
    if (empty) this.#nothing = { kind, batch };
    const { rows } = this;
    const ordinal = this.#ordinals.slice(0, rows);
    const output = {
      batch,
      origin: input.origin,
      ordinal,
      sub: order.nextAll(ordinal),
      watermark: this.#watermarks.slice(0, rows),
      availableAt: this.#availableAt.slice(0, rows),
    };
    this.rows = 0;
    return input.mark === undefined ? output : { ...output, mark: input.mark };
  }

  #batch(key: WindowKey | undefined, slots: Slots): Batch {
    const used = this.#slots.slice(0, this.rows);
    const ends = this.#ends.subarray(0, this.rows);
    const columns: [string, Data][] = [
      ...(key === undefined ? [] : [[key.name, key.groups.columnOf(this.#groups.subarray(0, this.rows))] as [string, Data]]),
      ['windowStart', timestampData(this.#starts.subarray(0, this.rows))],
      ['windowEnd', timestampData(ends)],
      ['windowTime', timestampData(ends.map((end) => end - 1))],
      ...slots.results(used).map((data, index): [string, Data] => [slots.names[index] as string, data]),
    ];
    slots.free(used);
    const data = columns.map(([, column]) => column);
    return makeBatch(windowSchema(columns, ['category', 'Utf8'].includes(key?.groups.kind ?? '') ? key?.name : undefined), data, this.rows);
  }
}

function longer(values: Float64Array, room: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(room);
  grown.set(values);
  return grown;
}

function windowSchema(columns: readonly [string, Data][], key: string | undefined): BatchSchema {
  const fields = columns.map(([name, data]) => new Field(name, data.type, !name.startsWith('window')));
  return withRoles<TypeMap>(new Schema(fields as never), { eventTime: 'windowTime', key } as never);
}

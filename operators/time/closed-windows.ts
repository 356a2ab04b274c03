import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { type Batch, BatchMemory, type BatchSchema, makeBatch, timestampData, withRoles } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import type { KeyGroups } from '../keys/key-groups.ts';
import type { OutputOrder } from '../rows/output-order.ts';
import { IntStack } from './int-stack.ts';
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

/** Where closed windows lie, by row; the first three as timestamps are stored, in ms. */
interface Bounds {
  readonly starts: BigInt64Array<ArrayBuffer>;
  readonly ends: BigInt64Array<ArrayBuffer>;
  readonly times: BigInt64Array<ArrayBuffer>;
  readonly watermarks: Float64Array<ArrayBuffer>;
  readonly ordinals: Float64Array<ArrayBuffer>;
  readonly availableAt: Float64Array<ArrayBuffer>;
}

/** Windows that have closed and wait to be put out, in order. */
export class ClosedWindows {
  /** Used again for every batch. */
  #bounds = boundsOf(0);
  readonly #groups = new IntStack();
  readonly #slots = new IntStack();
  #schema: BatchSchema | undefined;
  /** Most batches close no window: what they put out is made once. */
  #nothing: { readonly kind: string; readonly batch: Batch } | undefined;

  get rows(): number {
    return this.#slots.size;
  }

  /** `watermark`: absent, what a window of time allows: no later result has an earlier event time. */
  add(start: number, end: number, group: number, slot: number, closing: Closing, watermark = end - 1): void {
    const from = this.rows;
    this.#groups.push(group);
    this.#slots.push(slot);
    this.#place(from, start, end, watermark, closing);
  }

  /** Adds windows of many groups that have start and end in common. */
  addAll(start: number, end: number, groups: Int32Array, slots: Int32Array, closing: Closing): void {
    const from = this.rows;
    this.#groups.pushAll(groups);
    this.#slots.pushAll(slots);
    this.#place(from, start, end, end - 1, closing);
  }

  #place(from: number, start: number, end: number, watermark: number, closing: Closing): void {
    const to = this.rows;
    const room = this.#bounds.starts.length;
    if (to > room) this.#bounds = boundsOf(Math.max(to, 2 * room, 16), this.#bounds, from);
    const { starts, ends, times, watermarks, ordinals, availableAt } = this.#bounds;
    starts.fill(BigInt(Math.floor(start)), from, to);
    ends.fill(BigInt(Math.floor(end)), from, to);
    times.fill(BigInt(Math.floor(end - 1)), from, to);
    watermarks.fill(watermark, from, to);
    ordinals.fill(closing.ordinal, from, to);
    availableAt.fill(closing.availableAt, from, to);
  }

  /** The results as a batch; their slots are free afterwards. */
  output(input: Pick<StreamBatch, 'origin' | 'mark'>, key: WindowKey | undefined, slots: Slots, order: OutputOrder): StreamBatch {
    const kind = key?.groups.kind ?? '';
    const memory = new BatchMemory(this.rows);
    const bounds = boundsOf(this.rows, this.#bounds, this.rows, memory);
    const empty = this.rows === 0;
    const batch = empty && this.#nothing?.kind === kind ? this.#nothing.batch : this.#batch(bounds, key, slots, memory);
    if (empty) this.#nothing = { kind, batch };
    slots.free(this.#slots.values);
    this.#slots.size = 0;
    this.#groups.size = 0;
    const { ordinals: ordinal, watermarks: watermark, availableAt } = bounds;
    const output = { batch, origin: input.origin, ordinal, sub: order.nextAll(ordinal), watermark, availableAt };
    return input.mark === undefined ? output : { ...output, mark: input.mark };
  }

  #batch({ starts, ends, times }: Bounds, key: WindowKey | undefined, slots: Slots, memory: BatchMemory): Batch {
    const names = [...(key === undefined ? [] : [key.name]), 'windowStart', 'windowEnd', 'windowTime', ...slots.names];
    const columns: Data[] = [
      ...(key === undefined ? [] : [key.groups.columnOf(this.#groups.values)]),
      timestampData(starts),
      timestampData(ends),
      timestampData(times),
      ...slots.results(this.#slots.values, memory),
    ];
    return makeBatch(this.#schemaOf(names, columns, key), columns, this.rows);
  }

  /** Batches of the same types have one schema, by which steps that follow know them again. */
  #schemaOf(names: readonly string[], columns: readonly Data[], key: WindowKey | undefined): BatchSchema {
    const known = this.#schema;
    if (known !== undefined && columns.every(({ type }, column) => type === known.fields[column]?.type)) return known;
    const fields = names.map((name, column) => new Field(name, (columns[column] as Data).type, !name.startsWith('window')));
    const role = ['category', 'Utf8'].includes(key?.groups.kind ?? '') ? key?.name : undefined;
    this.#schema = withRoles<TypeMap>(new Schema(fields as never), { eventTime: 'windowTime', key: role } as never);
    return this.#schema;
  }
}

/** Bounds of `rows` rows, of which the first `known` are those of `from`. */
function boundsOf(rows: number, from?: Bounds, known = 0, memory = new BatchMemory(rows)): Bounds {
  const instants = () => memory.array(BigInt64Array<ArrayBuffer>, rows);
  const numbers = () => memory.array(Float64Array<ArrayBuffer>, rows);
  const bounds = {
    starts: instants(),
    ends: instants(),
    times: instants(),
    watermarks: numbers(),
    ordinals: numbers(),
    availableAt: numbers(),
  };
  if (from === undefined || known === 0) return bounds;
  bounds.starts.set(from.starts.subarray(0, known));
  bounds.ends.set(from.ends.subarray(0, known));
  bounds.times.set(from.times.subarray(0, known));
  bounds.watermarks.set(from.watermarks.subarray(0, known));
  bounds.ordinals.set(from.ordinals.subarray(0, known));
  bounds.availableAt.set(from.availableAt.subarray(0, known));
  return bounds;
}

import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { type Batch, BatchMemory, type BatchSchema, makeBatch, timestampData, withRoles } from '../../columnar/index.ts';
import type { StreamBatch } from '../../streams/index.ts';
import type { KeyGroups } from '../keys/key-groups.ts';
import { GrowingNumbers } from '../rows/growing-numbers.ts';
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

/** Per span of rows that have start, end and place in common: the row after it, start, end, watermark, ordinal, availability. */
const SPAN = 6;

/** Windows that have closed and wait to be put out, in order. */
export class ClosedWindows {
  readonly #spans = new GrowingNumbers(Float64Array);
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
    this.#groups.push(group);
    this.#slots.push(slot);
    this.#endSpan(start, end, watermark, closing);
  }

  /** Adds windows of many groups that have start and end in common. */
  addAll(start: number, end: number, groups: Int32Array, slots: Int32Array, closing: Closing): void {
    this.#groups.pushAll(groups);
    this.#slots.pushAll(slots);
    this.#endSpan(start, end, end - 1, closing);
  }

  #endSpan(start: number, end: number, watermark: number, { ordinal, availableAt }: Closing): void {
    const spans = this.#spans;
    spans.push(this.rows);
    spans.push(start);
    spans.push(end);
    spans.push(watermark);
    spans.push(ordinal);
    spans.push(availableAt);
  }

  /** The results as a batch; their slots are free afterwards. */
  output(input: Pick<StreamBatch, 'origin' | 'mark'>, key: WindowKey | undefined, slots: Slots, order: OutputOrder): StreamBatch {
    const kind = key?.groups.kind ?? '';
    const empty = this.rows === 0;
    // Six arrays of bounds and one per aggregate, of which a lot holds eight.
    const memory = new BatchMemory(Math.ceil((this.rows * (6 + slots.names.length)) / 8));
    const bounds = boundsOf(this.#spans.all, this.rows, memory);
    const batch = empty && this.#nothing?.kind === kind ? this.#nothing.batch : this.#batch(bounds, key, slots, memory);
    if (empty) this.#nothing = { kind, batch };
    slots.free(this.#slots.values);
    this.#slots.size = 0;
    this.#groups.size = 0;
    this.#spans.length = 0;
    const { ordinal, watermark, availableAt } = bounds;
    const output = { batch, origin: input.origin, ordinal, sub: order.nextAll(ordinal), watermark, availableAt };
    return input.mark === undefined ? output : { ...output, mark: input.mark };
  }

  #batch({ starts, ends, times }: ReturnType<typeof boundsOf>, key: WindowKey | undefined, slots: Slots, memory: BatchMemory): Batch {
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

/** Below so many rows a loop beats the call of `fill`. */
const FEW_ROWS = 16;

/** Bounds and places of rows, of which spans have them in common. */
function boundsOf(spans: Float64Array, rows: number, memory: BatchMemory) {
  const instants = () => instantsOver(memory.array(BigInt64Array<ArrayBuffer>, rows));
  const numbers = () => memory.array(Float64Array<ArrayBuffer>, rows);
  const [starts, ends, times] = [instants(), instants(), instants()];
  const [watermark, ordinal, availableAt] = [numbers(), numbers(), numbers()];
  for (let at = 0, from = 0; at < spans.length; at += SPAN) {
    const to = spans[at] as number;
    const end = spans[at + 2] as number;
    fillInstants(starts, from, to, spans[at + 1] as number);
    fillInstants(ends, from, to, end);
    fillInstants(times, from, to, end - 1);
    fillNumbers(watermark, from, to, spans[at + 3] as number);
    fillNumbers(ordinal, from, to, spans[at + 4] as number);
    fillNumbers(availableAt, from, to, spans[at + 5] as number);
    from = to;
  }
  return { starts: starts.values, ends: ends.values, times: times.values, watermark, ordinal, availableAt };
}

function fillNumbers(values: Float64Array, from: number, to: number, value: number): void {
  if (to - from > FEW_ROWS) values.fill(value, from, to);
  else for (let row = from; row < to; row++) values[row] = value;
}

/** 64-bit instants, and their halves, lower one first. */
const instantsOver = (values: BigInt64Array<ArrayBuffer>) => ({
  values,
  halves: new Int32Array(values.buffer, values.byteOffset, values.length * 2),
});

/** Fills in an instant of whole ms. Few are written by halves, since making a BigInt takes longer. */
function fillInstants({ values, halves }: ReturnType<typeof instantsOver>, from: number, to: number, time: number): void {
  if (to - from > FEW_ROWS) values.fill(BigInt(Math.floor(time)), from, to);
  else {
    const high = Math.floor(time / 4294967296);
    for (let row = from; row < to; row++) {
      halves[2 * row] = time - high * 4294967296;
      halves[2 * row + 1] = high;
    }
  }
}

import { type Data, Field, Schema, type TypeMap } from 'apache-arrow';
import { type BatchSchema, makeBatch, timestampData, withRoles } from '../../columnar/index.ts';
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

/** Windows that have closed and wait to be put out, in order. */
export class ClosedWindows {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly groups: number[] = [];
  readonly slots: number[] = [];
  readonly watermarks: number[] = [];
  readonly closings: Closing[] = [];

  /** `watermark`: absent, what a window of time allows: no later result has an earlier event time. */
  add(start: number, end: number, group: number, slot: number, closing: Closing, watermark = end - 1): void {
    this.starts.push(start);
    this.ends.push(end);
    this.groups.push(group);
    this.slots.push(slot);
    this.watermarks.push(watermark);
    this.closings.push(closing);
  }

  get rows(): number {
    return this.slots.length;
  }

  /** The results as a batch; their slots are free afterwards. */
  output(
    input: Pick<StreamBatch, 'origin' | 'mark'>,
    key: { readonly name: string; readonly groups: KeyGroups } | undefined,
    slots: Slots,
    order: OutputOrder,
  ): StreamBatch {
    const { rows } = this;
    const used = Int32Array.from(this.slots);
    const columns: [string, Data][] = [
      ...(key === undefined ? [] : [[key.name, key.groups.columnOf(this.groups)] as [string, Data]]),
      ['windowStart', timestampData(this.starts)],
      ['windowEnd', timestampData(this.ends)],
      ['windowTime', timestampData(this.ends.map((end) => end - 1))],
      ...slots.accumulators.map((accumulator, index): [string, Data] => [slots.names[index] as string, accumulator.data(used)]),
    ];
    for (const slot of this.slots) slots.free(slot);
    const schema = windowSchema(columns, ['category', 'Utf8'].includes(key?.groups.kind ?? '') ? key?.name : undefined);
    const ordinal = new Float64Array(rows);
    const sub = new Int32Array(rows);
    const availableAt = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const closing = this.closings[row] as Closing;
      ordinal[row] = closing.ordinal;
      sub[row] = order.next(closing.ordinal);
      availableAt[row] = closing.availableAt;
    }
    return {
      batch: makeBatch(
        schema,
        columns.map(([, data]) => data),
        rows,
      ),
      origin: input.origin,
      ordinal,
      sub,
      watermark: Float64Array.from(this.watermarks),
      availableAt,
      ...(input.mark === undefined ? {} : { mark: input.mark }),
    };
  }
}

function windowSchema(columns: readonly [string, Data][], key: string | undefined): BatchSchema {
  const fields = columns.map(([name, data]) => new Field(name, data.type, !name.startsWith('window')));
  return withRoles<TypeMap>(new Schema(fields as never), { eventTime: 'windowTime', key } as never);
}

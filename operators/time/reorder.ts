import type { TypeMap } from 'apache-arrow';
import { z } from 'zod';
import {
  type BatchObserver,
  concatStreamBatches,
  Heap,
  type Operator,
  parseOptions,
  type StateReader,
  type StateWriter,
  type StreamBatch,
  statefulOperator,
  takeStreamRows,
} from '../../streams/index.ts';
import { eventTimes } from '../rows/event-times.ts';

import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';
import { knownAt } from '../rows/known-at.ts';
import { OutputOrder } from '../rows/output-order.ts';

/** Options of {@link reorder}. */
export const reorderOptions = z.strictObject({
  late: z.custom<BatchObserver<TypeMap>>().optional().describe('takes the rows that come after the watermark has passed them'),
});

/** Options of {@link reorder} as they are written. */
export interface ReorderOptions<T extends TypeMap> {
  readonly late?: BatchObserver<T>;
}

/** Rows that wait for the watermark. */
class Waiting {
  rows: StreamBatch | undefined;
  order = new OutputOrder();
  lastOrdinal = 0;

  write(out: StateWriter): void {
    this.order.write(out);
    out.number(this.lastOrdinal);
    writeHeldRows(out, this.rows);
  }

  static read(input: StateReader): Waiting {
    const waiting = new Waiting();
    waiting.order = OutputOrder.read(input);
    waiting.lastOrdinal = input.number();
    waiting.rows = readHeldRows(input);
    return waiting;
  }
}

/**
 * Sorts a stream by event time within its allowed lateness: rows wait until the watermark has passed them, then go out in order of event time (rows of one
 * time in the order they came), in the place of the row that let them go. `availableAt` is the event time of that row.
 *
 * A row that comes after the watermark has passed it is late: it goes to `late` and is counted. Without lateness (see `watermarks`) nothing needs to wait but the rows
 * of the highest event time. Rows that wait when the input ends go out then. Rows without an event time are late. Memory: the rows within the lateness.
 *
 * Ledger: in = out + late + held.
 *
 * @throws MillraceError SCHEMA_MISMATCH
 * @example
 * flow(readings, watermarks({ lateness: '1h' }), reorder());
 */
export function reorder<T extends TypeMap>(options: ReorderOptions<NoInfer<T>> = {}): Operator<T> {
  parseOptions('reorder', reorderOptions, options);
  const { late } = options;
  return statefulOperator<T, T, Waiting>('reorder', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'late', 'held'] },
    create: () => new Waiting(),
    onBatch: (waiting, input, step) => {
      const before = waiting.rows?.batch.numRows ?? 0;
      const { output, lateRows } = release(waiting, input);
      step.count('held', (waiting.rows?.batch.numRows ?? 0) - before);
      step.count('late', lateRows.length);
      if (lateRows.length > 0) late?.next(takeStreamRows(input, lateRows));
      return output as StreamBatch<T>;
    },
    onEnd: (waiting, step) => {
      late?.complete();
      const { rows } = waiting;
      if (rows === undefined) return undefined;
      waiting.rows = undefined;
      step.count('held', -rows.batch.numRows);
      const times = eventTimes(rows.batch);
      const sorted = byTime(times, Int32Array.from(times.keys()));
      const places = Array.from(sorted, () => ({ ordinal: waiting.lastOrdinal, time: Number.NEGATIVE_INFINITY }));
      return place(rows, sorted, places, waiting.order, times) as StreamBatch<T>;
    },
    snapshot: (waiting, out) => waiting.write(out),
    restore: (input) => Waiting.read(input),
  });
}

interface Place {
  readonly ordinal: number;
  /** Event time of the row that let the row go. */
  readonly time: number;
}

/** Decides for every row, in order, when it goes out: at the first row (or mark) whose watermark lies beyond its event time. */
function release(waiting: Waiting, input: StreamBatch): { output: StreamBatch; lateRows: Int32Array } {
  const held = waiting.rows?.batch.numRows ?? 0;
  const joined = (waiting.rows === undefined ? input : concatStreamBatches([waiting.rows, input])) as StreamBatch;
  const times = eventTimes(joined.batch);
  const pending = new Heap<number>((a, b) => {
    const apart = (times[a] as number) - (times[b] as number);
    return apart < 0 || (apart === 0 && a < b);
  });
  for (let row = 0; row < held; row++) pending.push(row);
  const out: number[] = [];
  const places: Place[] = [];
  const lateRows: number[] = [];
  const letGo = (watermark: number, at: Place) => {
    while (pending.first !== undefined && (times[pending.first] as number) < watermark) {
      out.push(pending.pop() as number);
      places.push(at);
    }
  };
  for (let row = held; row < times.length; row++) {
    const watermark = joined.watermark[row] as number;
    const time = times[row] as number;
    letGo(watermark, { ordinal: joined.ordinal[row] as number, time: knownAt(joined, row, time) });
    if (time >= watermark) pending.push(row);
    else lateRows.push(row - held);
  }
  const { mark } = input;
  if (mark !== undefined) letGo(mark.watermark, { ordinal: mark.ordinal, time: mark.watermark });
  waiting.lastOrdinal = Math.max(waiting.lastOrdinal, input.ordinal.at(-1) ?? 0, mark?.ordinal ?? 0);
  const { mark: _mark, ...rest } = joined;
  // In the order they came, which is the same however the stream was cut.
  const kept = Int32Array.from(pending.values).sort();
  waiting.rows = kept.length === 0 ? undefined : takeStreamRows(rest, kept);
  const output = place(joined, Int32Array.from(out), places, waiting.order, times);
  return { output: mark === undefined ? output : { ...output, mark }, lateRows: Int32Array.from(lateRows) };
}

/** Rows by event time, ties in the order they came. */
function byTime(times: Float64Array, rows: Int32Array): Int32Array {
  return rows.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
}

function place(from: StreamBatch, rows: Int32Array, places: readonly Place[], order: OutputOrder, times: Float64Array): StreamBatch {
  const taken = takeStreamRows(from, rows);
  return {
    ...taken,
    ordinal: Float64Array.from(places, ({ ordinal }) => ordinal),
    sub: Int32Array.from(places, ({ ordinal }) => order.next(ordinal)),
    // In order now: no later row has an earlier time.
    watermark: Float64Array.from(rows, (row) => times[row] as number),
    availableAt: Float64Array.from(rows, (row, index) =>
      Math.max(times[row] as number, (places[index] as Place).time, from.availableAt?.[row] ?? Number.NEGATIVE_INFINITY),
    ),
  };
}

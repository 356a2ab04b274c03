import type { TypeMap } from 'apache-arrow';
import { type Batch, type RowSelection, rowSelection, sliceBatch, takeNumbers, takeRows } from '../columnar/index.ts';
import type { Origin } from './millrace-error.ts';

/**
 * What flows through a pipeline: an Arrow record batch and, per row, its place in the task's order.
 *
 * Rows are ordered by (ordinal, sub). The ordinal is the row's place in its task's input order and stays with it through every operator;
 * an operator that makes several rows of one numbers them by `sub`. What an operator puts out depends on rows and their order,
 * never on how they were cut into batches.
 */
export interface StreamBatch<T extends TypeMap = TypeMap> {
  readonly batch: Batch<T>;
  /** Where the batch's first row came from. */
  readonly origin: BatchOrigin;
  /** Per row: place in the task's input order, an exact integer. Never falls within a batch. */
  readonly ordinal: Float64Array;
  /** Per row: order among the rows of one ordinal. */
  readonly sub: Int32Array;
  /** Per row: the watermark once this row was read, in ms: running maximum of event time less the allowed lateness. -Infinity without event time. */
  readonly watermark: Float64Array;
  /** Per row: the event time at which a row derived from later rows could be known, in ms. Absent: the row's own event time. */
  readonly availableAt?: Float64Array;
  /** A watermark reached after the last row without a row: a journaled idle mark, or the end of the input. */
  readonly mark?: WatermarkMark;
}

/** An origin that also tells the records of the rows that a source gave with it. */
export interface BatchOrigin extends Origin {
  readonly records?: RecordPlaces;
}

/** Per row that a source gave, whatever became of it since: its ordinal and the offset of its record, both ascending. */
export interface RecordPlaces {
  readonly ordinal: Float64Array;
  readonly offset: Float64Array;
  /** Where rows of several sources alternate: the names of these, and the index of each row's. Offsets ascend within each of them only. */
  readonly sources?: { readonly names: readonly string[]; readonly of: Int32Array };
}

/** A watermark that no row carries. */
export interface WatermarkMark {
  readonly ordinal: number;
  readonly watermark: number;
}

/** The schema type of a stream batch. */
export type RowsOf<B> = B extends StreamBatch<infer T> ? T : never;

/** The same rows in the same order with another record batch; `batch` must have as many rows. */
export function withBatch<T extends TypeMap, O extends TypeMap>(input: StreamBatch<T>, batch: Batch<O>): StreamBatch<O> {
  return { ...input, batch };
}

/** Only the rows named, in the order named, with their places in the stream's order. */
export function takeStreamRows<T extends TypeMap>(input: StreamBatch<T>, rows: Int32Array): StreamBatch<T> {
  const selection = rowSelection(rows);
  return { ...input, ...takeSelectedOrder(input, selection), batch: takeRows(input.batch, selection) };
}

type RowOrder = Pick<StreamBatch, 'ordinal' | 'sub' | 'watermark' | 'availableAt'>;

/** The order columns of the rows named: what an operator gives to rows that it makes of input rows. */
export function takeOrder(input: StreamBatch, rows: Int32Array): RowOrder {
  return takeSelectedOrder(input, rowSelection(rows));
}

function takeSelectedOrder(input: StreamBatch, selection: RowSelection): RowOrder {
  const ordinal = takeNumbers(input.ordinal, selection);
  const sub = takeNumbers(input.sub, selection);
  const watermark = takeNumbers(input.watermark, selection);
  return input.availableAt === undefined
    ? { ordinal, sub, watermark }
    : { ordinal, sub, watermark, availableAt: takeNumbers(input.availableAt, selection) };
}

/** Rows `from` (inclusive) to `to` (exclusive), without copying columns. The mark goes with the last slice. */
export function sliceStreamBatch<T extends TypeMap>(input: StreamBatch<T>, from: number, to: number): StreamBatch<T> {
  const { availableAt, mark, ...rest } = input;
  return {
    ...rest,
    batch: sliceBatch(input.batch, from, to),
    ordinal: input.ordinal.subarray(from, to),
    sub: input.sub.subarray(from, to),
    watermark: input.watermark.subarray(from, to),
    ...(availableAt === undefined ? {} : { availableAt: availableAt.subarray(from, to) }),
    ...(mark !== undefined && to >= input.batch.numRows ? { mark } : {}),
  };
}

/** A stream batch over a record batch whose rows are numbered from `firstOrdinal`; for sources and tests. */
export function streamBatch<T extends TypeMap>(
  batch: Batch<T>,
  order: { readonly firstOrdinal?: number; readonly watermark?: Float64Array; readonly origin?: Origin } = {},
): StreamBatch<T> {
  const first = order.firstOrdinal ?? 0;
  return {
    batch,
    origin: order.origin ?? { source: 'memory', partition: 0, offset: first },
    ordinal: Float64Array.from({ length: batch.numRows }, (_, row) => first + row),
    sub: new Int32Array(batch.numRows),
    watermark: order.watermark ?? new Float64Array(batch.numRows).fill(Number.NEGATIVE_INFINITY),
  };
}

import { categoryData, float64Data, makeBatch, timestampData, ValidityBuilder } from '../../columnar/index.ts';
import type { RawRecord, RecordHeader, RejectedRecord, SourceBatch } from '../../connectors/index.ts';
import type { Stretch } from '../../pipeline/input-merge.ts';
import { takeSourceRows } from '../../pipeline/source-rows.ts';
import { TaskInput } from '../../pipeline/task-input.ts';
import { type EventColumns, event } from './example-pipelines.ts';

const encoder = new TextEncoder();

/** What a test says of a source batch; rows that are not told have the offsets that follow, rejects the offsets that no row has. */
export interface SourceBatchPlan {
  /** Event times, NaN for none. */
  readonly times: readonly number[];
  readonly offsets?: readonly number[];
  /** Offsets of records that were not decoded. */
  readonly rejects?: readonly number[];
  readonly source?: string;
  readonly headers?: readonly RecordHeader[];
  readonly lag?: number;
}

/** The record that stands at an offset of a planned batch. */
export const plannedRecord = (offset: number, headers: readonly RecordHeader[] = []): RawRecord => ({
  key: encoder.encode(`k${offset}`),
  value: encoder.encode(`record ${offset}`),
  headers,
  timestamp: 1000 + offset,
  offset,
});

/** Rows of the `event` schema: sensor s0, values 0, 1, 2, ... */
export function sourceBatch({
  times,
  offsets,
  rejects = [],
  source = 'events',
  headers,
  lag = 0,
}: SourceBatchPlan): SourceBatch<EventColumns> {
  const offset = Float64Array.from(offsets ?? times.keys());
  const nulls = new ValidityBuilder(times.length);
  times.forEach((time, row) => {
    if (Number.isNaN(time)) nulls.setNull(row);
  });
  const columns = [
    categoryData(new Int32Array(times.length), ['s0']),
    timestampData(
      times.map((time) => (Number.isNaN(time) ? 0 : time)),
      nulls,
    ),
    float64Data(Float64Array.from(times.keys())),
  ];
  const decoded = new Set(offset).size;
  const next = Math.max(-1, ...offset, ...rejects) + 1;
  return {
    batch: makeBatch(event, columns),
    source,
    partition: 0,
    offset,
    records: decoded + rejects.length,
    rejects: rejects.map(
      (at): RejectedRecord => ({ source, partition: 0, record: plannedRecord(at, headers), reason: `record ${at} is broken` }),
    ),
    position: { [source]: next },
    lag,
    bytes: times.length * 20,
    rawRecord: (at) => (offset.includes(at) ? plannedRecord(at, headers) : undefined),
  };
}

/** A stretch of a turn: rows `from` to `to` of a batch, as the input merge hands them out. */
export function stretchOf(
  batch: SourceBatch<EventColumns>,
  { from = 0, to = batch.offset.length, firstOrdinal = 0, lateness = 0, name = batch.source },
): Stretch {
  const input = new TaskInput({ name, source: undefined as never, position: {}, allowedLateness: lateness, rejectedElsewhere: false });
  return { input, firstOrdinal, taken: takeSourceRows(batch as never, from, to, {}, 0) };
}

import type { TypeMap } from '../columnar/index.ts';
import type { Position, RejectedRecord, SourceBatch } from '../connectors/index.ts';

/** Rows `from` to `to` of a source batch, cut at record boundaries; rejects and records go with the rows before which they were read. */
export interface SourceRows {
  readonly rows: SourceBatch<TypeMap>;
  readonly from: number;
  readonly to: number;
  readonly rejects: readonly RejectedRecord[];
  /** Position after these rows. */
  readonly position: Position;
  /** Records that became these rows. */
  readonly decoded: number;
  /** Records read, as the source counts them; the ledger compares with `decoded` and `rejects`. */
  readonly records: number;
}

/** The largest cut at or before `row` that lies between two records; at least one record further than `from`. */
export function recordBoundary(batch: SourceBatch<TypeMap>, from: number, row: number): number {
  const { offset } = batch;
  if (batch.indivisible) return offset.length;
  let cut = Math.min(row, offset.length);
  while (cut > from && cut < offset.length && offset[cut] === offset[cut - 1]) cut--;
  if (cut > from) return cut;
  cut = Math.min(from + 1, offset.length);
  while (cut < offset.length && offset[cut] === offset[cut - 1]) cut++;
  return cut;
}

/** Takes rows `from` to `to`; `before` is the position at `from`, `counted` the records that earlier cuts of this batch took. */
export function takeSourceRows(batch: SourceBatch<TypeMap>, from: number, to: number, before: Position, counted: number): SourceRows {
  if (batch.indivisible) return wholeBatch(batch);
  const last = to >= batch.offset.length;
  const start = from === 0 ? Number.NEGATIVE_INFINITY : (batch.offset[from] as number);
  const end = last ? Number.POSITIVE_INFINITY : (batch.offset[to] as number);
  const rejects = batch.rejects.filter(({ record }) => record.offset >= start && record.offset < end);
  const decoded = countRecords(batch.offset, from, to);
  return {
    rows: batch,
    from,
    to,
    rejects,
    position: last ? batch.position : { ...before, [batch.source]: end },
    decoded,
    records: last ? batch.records - counted : decoded + rejects.length,
  };
}

const wholeBatch = (rows: SourceBatch<TypeMap>): SourceRows => ({
  rows,
  from: 0,
  to: rows.offset.length,
  rejects: rows.rejects,
  position: rows.position,
  decoded: rows.offset.length,
  records: rows.records,
});

function countRecords(offset: Float64Array, from: number, to: number): number {
  let records = 0;
  for (let row = from; row < to; row++) if (row === from || offset[row] !== offset[row - 1]) records++;
  return records;
}

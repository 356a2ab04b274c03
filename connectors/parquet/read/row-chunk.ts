import type { RecordBatch } from 'apache-arrow';
import { type Batch, type BatchSchema, instantsOf, makeBatch, selectColumns, takeRows } from '../../../columnar/index.ts';
import type { ColumnRange } from '../format/column-range.ts';
import type { ColumnPlan } from './column-plan.ts';
import type { Condition } from './row-filter.ts';
import { rowJson } from './row-json.ts';

/** A row that lacks a required value. */
export interface ChunkReject {
  /** Row number in the file. */
  readonly row: number;
  readonly reason: string;
  /** The row as JSON. */
  readonly text: string;
}

/** Decoded rows of one file, as the wanted schema has them, without those that are filtered out or rejected. */
export interface RowChunk {
  readonly batch: Batch;
  /** Row numbers in the file, ascending; undefined: `from`, `from + 1`, ... */
  readonly rowNumbers: Float64Array | undefined;
  readonly rejects: readonly ChunkReject[];
  /** Row numbers of the file that the chunk covers. */
  readonly from: number;
  readonly to: number;
  /** Event times in ms, where files are merged by them. */
  readonly times: Float64Array | undefined;
  readonly bytesPerRow: number;
}

/** What becomes of decoded rows. */
export interface ChunkPlan {
  /** The columns that the source gives. */
  readonly schema: BatchSchema;
  /** Those, and the ones that only the filter needs. */
  readonly decoded: BatchSchema;
  readonly columns: ColumnPlan;
  readonly filter: readonly Condition[];
  /** The one value that a column has in the whole file, where its folder names it. */
  partitionRange(column: string): ColumnRange | undefined;
  /** Event-time column to merge by. */
  readonly mergeBy: string | undefined;
}

/** Makes rows of the wanted schema of a decoded batch whose first row is row `from` of its file. */
export function rowChunk(plan: ChunkPlan, decoded: RecordBatch, from: number, bytes: number): RowChunk {
  const rows = decoded.numRows;
  const whole = makeBatch(plan.decoded, plan.columns.columns(decoded), rows);
  const keep = new Uint8Array(rows).fill(1);
  for (const condition of plan.filter) condition.apply(whole, keep);
  const rejects = rejectNulls(whole, keep, from);
  const kept = plan.filter.length === 0 && rejects.length === 0 ? undefined : rowsKept(keep);
  const wanted =
    plan.decoded === plan.schema ? whole : (selectColumns(whole, plan.schema.fields.map((field) => field.name) as never) as Batch);
  const batch = kept === undefined ? wanted : takeRows(wanted, kept);
  return {
    batch: plan.decoded === plan.schema ? batch : makeBatch(plan.schema, batch.data.children, batch.numRows),
    rowNumbers: kept && Float64Array.from(kept, (row) => from + row),
    rejects,
    from,
    to: from + rows,
    times: plan.mergeBy === undefined ? undefined : instantsOf(batch, plan.mergeBy as never),
    bytesPerRow: Math.max(1, bytes / Math.max(1, rows)),
  };
}

/** The rows with a null where the schema requires a value are not kept, but told. */
function rejectNulls(batch: Batch, keep: Uint8Array, from: number): ChunkReject[] {
  const rejects: ChunkReject[] = [];
  for (const [column, field] of batch.schema.fields.entries()) {
    const data = batch.data.children[column];
    if (field.nullable || data === undefined || data.nullCount === 0) continue;
    for (let row = 0; row < batch.numRows; row++) {
      if (keep[row] !== 1 || data.getValid(row)) continue;
      keep[row] = 0;
      rejects.push({ row: from + row, reason: `column '${field.name}' is null but required`, text: rowJson(batch, row) });
    }
  }
  return rejects.sort((left, right) => left.row - right.row);
}

function rowsKept(keep: Uint8Array): Int32Array | undefined {
  let count = 0;
  for (const one of keep) count += one;
  if (count === keep.length) return undefined;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < keep.length; row++) if (keep[row] === 1) rows[at++] = row;
  return rows;
}

/** Row number in the file of the chunk's row `index`; after the last, the row after the chunk. */
export function rowNumberAt(chunk: RowChunk, index: number): number {
  if (index >= chunk.batch.numRows) return chunk.to;
  return chunk.rowNumbers === undefined ? chunk.from + index : (chunk.rowNumbers[index] as number);
}

/** Writes the row numbers of the chunk's rows [from, to) into `into` at `at`. */
export function putRowNumbers(chunk: RowChunk, from: number, to: number, into: Float64Array, at: number): void {
  if (chunk.rowNumbers !== undefined) into.set(chunk.rowNumbers.subarray(from, to), at);
  else {
    const first = chunk.from + from;
    for (let index = 0; index < to - from; index++) into[at + index] = first + index;
  }
}

/** How many of the chunk's rows stand before row number `row` of the file. */
export function rowsBefore(chunk: RowChunk, row: number): number {
  if (chunk.rowNumbers === undefined) return Math.max(0, Math.min(chunk.batch.numRows, row - chunk.from));
  let low = 0;
  let high = chunk.rowNumbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunk.rowNumbers[middle] as number) < row) low = middle + 1;
    else high = middle;
  }
  return low;
}

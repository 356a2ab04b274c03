import type { TypeMap } from 'apache-arrow';
import type { Observable } from 'rxjs';
import { concatBatches } from '../columnar/index.ts';
import { fanIn } from './fan-in.ts';
import { type BatchOrigin, type StreamBatch, takeStreamRows } from './stream-batch.ts';

/**
 * All rows of several streams of one schema, ordered by (ordinal, sub); rows of equal place keep the order of the arguments.
 * RxJS' own `merge` would order them by how the task cut its turns.
 *
 * @example
 * const all = union(indoor, outdoor);
 */
export function union<T extends TypeMap>(...sources: readonly Observable<StreamBatch<T>>[]): Observable<StreamBatch<T>> {
  return fanIn<readonly T[], T, null>('union', sources, {
    version: 1,
    ledger: { left: ['in'], right: ['out'] },
    create: () => null,
    onTurn: (_state, inputs) => mergeInOrder(inputs.flat()),
    snapshot: () => {},
    restore: () => null,
  });
}

/** One batch of all rows, ordered by (ordinal, sub), ties in the order given. */
export function mergeInOrder<T extends TypeMap>(batches: readonly StreamBatch<T>[]): StreamBatch<T> | undefined {
  const joined = concatStreamBatches(batches);
  if (joined === undefined || isOrdered(joined)) return joined;
  const rows = Int32Array.from({ length: joined.batch.numRows }, (_, row) => row);
  const { ordinal, sub } = joined;
  rows.sort((a, b) => (ordinal[a] as number) - (ordinal[b] as number) || (sub[a] as number) - (sub[b] as number) || a - b);
  return takeStreamRows(joined, rows);
}

function isOrdered({ ordinal, sub }: StreamBatch): boolean {
  for (let row = 1; row < ordinal.length; row++) {
    const step = (ordinal[row] as number) - (ordinal[row - 1] as number);
    if (step < 0 || (step === 0 && (sub[row] as number) < (sub[row - 1] as number))) return false;
  }
  return true;
}

/** The rows of several batches one after another; undefined when there is no batch. The latest mark is kept. */
export function concatStreamBatches<T extends TypeMap>(batches: readonly StreamBatch<T>[]): StreamBatch<T> | undefined {
  const first = batches[0];
  if (first === undefined || batches.length === 1) return first;
  const rows = batches.reduce((sum, { batch }) => sum + batch.numRows, 0);
  const ordinal = new Float64Array(rows);
  const sub = new Int32Array(rows);
  const watermark = new Float64Array(rows);
  const derived = batches.some((batch) => batch.availableAt !== undefined);
  const availableAt = derived ? new Float64Array(rows).fill(Number.NaN) : undefined;
  let at = 0;
  for (const batch of batches) {
    ordinal.set(batch.ordinal, at);
    sub.set(batch.sub, at);
    watermark.set(batch.watermark, at);
    if (batch.availableAt !== undefined) availableAt?.set(batch.availableAt, at);
    at += batch.batch.numRows;
  }
  const mark = batches.findLast((batch) => batch.mark !== undefined)?.mark;
  return {
    batch: concatBatches(batches.map(({ batch }) => batch)),
    origin: joinedOrigin(batches),
    ordinal,
    sub,
    watermark,
    ...(availableAt === undefined ? {} : { availableAt }),
    ...(mark === undefined ? {} : { mark }),
  };
}

/** The first batch's origin. Records of several batches are left out: rows held back from batch to batch would gather them without bound. */
function joinedOrigin(batches: readonly StreamBatch[]): BatchOrigin {
  const { records, ...place } = (batches[0] as StreamBatch).origin;
  return records !== undefined && batches.every(({ origin }) => origin.records === records) ? { ...place, records } : place;
}

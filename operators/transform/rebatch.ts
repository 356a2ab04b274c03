import type { TypeMap } from 'apache-arrow';
import {
  concatStreamBatches,
  MillraceError,
  type Operator,
  type StreamBatch,
  sliceStreamBatch,
  statefulOperator,
  takeStreamRows,
} from '../../streams/index.ts';
import { readHeldRows, writeHeldRows } from '../rows/held-rows.ts';

/**
 * Puts rows out in multiples of `rows`: a stream of many small batches becomes one of fewer large ones, which later steps handle faster. Rows and their order stay; a row waits until its batch
 * is full, or the input ends. Memory: fewer than `rows` rows.
 *
 * Ledger: in = out + held.
 *
 * @param rows at least 1
 * @throws MillraceError INVALID_OPTION
 * @example
 * flow(readings, rebatch(4096));
 */
export function rebatch<T extends TypeMap>(rows: number): Operator<T> {
  if (!Number.isInteger(rows) || rows < 1)
    throw new MillraceError('INVALID_OPTION', `rebatch(${rows}): expected a positive number of rows`, { hint: 'rebatch(4096)' });
  return statefulOperator<T, T, { held: StreamBatch<T> | undefined }>('rebatch', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'held'] },
    create: () => ({ held: undefined }),
    onBatch: (state, input, step) => {
      const before = state.held?.batch.numRows ?? 0;
      const joined = concatStreamBatches(state.held === undefined ? [input] : [state.held, input]) as StreamBatch<T>;
      const full = joined.batch.numRows - (joined.batch.numRows % rows);
      const { mark: _mark, ...rest } = joined;
      const left = Int32Array.from({ length: joined.batch.numRows - full }, (_, row) => full + row);
      state.held = left.length === 0 ? undefined : takeStreamRows(rest, left);
      step.count('held', left.length - before);
      return full === joined.batch.numRows ? joined : sliceStreamBatch(joined, 0, full);
    },
    onEnd: (state, step) => {
      const { held } = state;
      state.held = undefined;
      step.count('held', -(held?.batch.numRows ?? 0));
      return held;
    },
    snapshot: ({ held }, out) => writeHeldRows(out, held),
    restore: (input) => ({ held: readHeldRows<T>(input) }),
  });
}

import type { TypeMap } from 'apache-arrow';
import { Observable, type OperatorFunction } from 'rxjs';
import type { Batch } from '../columnar/index.ts';
import { StepAttempt } from './step-attempt.ts';
import { type StreamBatch, takeStreamRows, withBatch } from './stream-batch.ts';
import { currentTask, type LedgerEquation } from './task-context.ts';

/**
 * Lifts a pure function over record batches to an operator. The function keeps the number and order of rows and works row by row:
 * cutting its input differently must not change any value.
 *
 * @example
 * const kelvin = () => mapBatch('kelvin', (batch: Batch<{ celsius: Float64 }>) => withColumns(batch, { kelvin: plus(batch, 273.15) }));
 */
export function mapBatch<I extends TypeMap, O extends TypeMap>(
  name: string,
  project: (batch: Batch<I>) => Batch<O>,
): OperatorFunction<StreamBatch<I>, StreamBatch<O>> {
  return lift(name, { left: ['in'], right: ['out'] }, (input) => {
    const batch = project(input.batch);
    if (batch.numRows !== input.batch.numRows)
      throw new RangeError(`made ${batch.numRows} rows of ${input.batch.numRows}; mapBatch keeps rows, filterBatch drops them`);
    return withBatch(input, batch);
  });
}

/**
 * Lifts a pure row filter to an operator: `keep` returns the numbers of the rows to keep, ascending. Dropped rows are counted under
 * `dropped:<rule>`; what their watermark told shows in the next surviving row.
 */
export function filterBatch<T extends TypeMap>(
  name: string,
  rule: string,
  keep: (batch: Batch<T>) => Int32Array,
): OperatorFunction<StreamBatch<T>, StreamBatch<T>> {
  const dropped = `dropped:${rule}`;
  return lift(name, { left: ['in'], right: ['out', dropped] }, (input, count) => {
    const rows = keep(input.batch);
    count(dropped, input.batch.numRows - rows.length);
    return rows.length === input.batch.numRows ? input : takeStreamRows(input, rows);
  });
}

function lift<I extends TypeMap, O extends TypeMap>(
  name: string,
  ledger: LedgerEquation,
  project: (input: StreamBatch<I>, count: (counter: string, rows: number) => void) => StreamBatch<O>,
): OperatorFunction<StreamBatch<I>, StreamBatch<O>> {
  return (source) => {
    const step = currentTask().step({ name, ledger });
    const attempt = new StepAttempt(step);
    return new Observable((subscriber) =>
      source.subscribe({
        next: (input) => {
          try {
            step.count('in', input.batch.numRows);
            for (const output of attempt.run(input, (batch) => project(batch, attempt.context.count))) {
              step.emitted(output);
              subscriber.next(output);
            }
          } catch (thrown) {
            subscriber.error(thrown);
          }
        },
        error: (thrown) => subscriber.error(thrown),
        complete: () => subscriber.complete(),
      }),
    );
  };
}

import type { TypeMap } from 'apache-arrow';
import { filterBatch, type Operator } from '../../streams/index.ts';
import type { BooleanExpression } from './expressions/boolean-expression.ts';
import { build, type Columns } from './expressions/columns.ts';

/** Options of {@link filterRows}. */
export interface FilterRowsOptions {
  /** Name under which dropped rows are counted: `dropped:<rule>`. */
  readonly rule?: string;
}

/**
 * Keeps the rows for which the condition is true; rows for which it is false or null are dropped and counted.
 *
 * Ledger: in = out + dropped:filter (or the rule's name).
 *
 * @param condition a boolean expression of the columns; see `withColumn`
 * @throws MillraceError SCHEMA_MISMATCH
 * @example
 * flow(readings, filterRows((row) => row.pm25.greaterThan(35).and(row.station.notEquals('Dongsi')), { rule: 'clean-air' }));
 */
export function filterRows<T extends TypeMap>(
  condition: (columns: Columns<T>) => BooleanExpression,
  { rule = 'filter' }: FilterRowsOptions = {},
): Operator<T> {
  return filterBatch<T>('filterRows', rule, (batch) => {
    const { expression, evaluation } = build(batch, condition);
    const { values, nulls } = expression.booleans(evaluation);
    const kept = new Int32Array(batch.numRows);
    let count = 0;
    for (let row = 0; row < kept.length; row++) {
      kept[count] = row;
      if (values[row] === 1 && nulls?.[row] !== 1) count++;
    }
    return kept.subarray(0, count);
  });
}

import type { TypeMap } from 'apache-arrow';
import { freshArray } from '../../columnar/index.ts';
import { filterBatch, type Operator } from '../../streams/index.ts';
import type { BooleanExpression, Booleans } from './expressions/boolean-expression.ts';
import { type Columns, expressionBuilder } from './expressions/columns.ts';

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
  const build = expressionBuilder(condition);
  return filterBatch<T>('filterRows', rule, (batch) => {
    const { expression, evaluation } = build(batch);
    return rowsWhereTrue(expression.booleans(evaluation));
  });
}

/** The numbers of the rows that are true and not null, found without a branch per row. */
function rowsWhereTrue({ values, nulls }: Booleans): Int32Array {
  const kept = freshArray(Int32Array, values.length);
  let count = 0;
  if (nulls === undefined) {
    for (let row = 0; row < kept.length; row++) {
      kept[count] = row;
      count += values[row] as number;
    }
  } else {
    for (let row = 0; row < kept.length; row++) {
      kept[count] = row;
      count += (values[row] as number) & ((nulls[row] as number) ^ 1);
    }
  }
  return kept.subarray(0, count);
}

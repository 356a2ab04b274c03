import type { DataType, TypeMap } from 'apache-arrow';
import { type ColumnName, columnData, type WithColumns, withColumns } from '../../columnar/index.ts';
import { mapBatch, type Operator } from '../../streams/index.ts';
import { type ColumnReference, type Columns, expressionBuilder } from './expressions/columns.ts';
import type { Expression } from './expressions/expression.ts';

/** `T` with a column of type `Type` added or replaced. */
export type WithColumn<T extends TypeMap, N extends string, Type extends DataType> = WithColumns<T, { [K in N]: Type }>;

/**
 * Adds a column, or replaces it, by an expression of the others: arithmetic, comparisons, logic, strings, dates, conditions. The columns come typed, so a wrong name, or
 * a string where a number is needed, does not compile. Expressions run over whole columns, not row by row.
 *
 * Null in gives null out; NaN and infinities follow IEEE 754. See {@link NumberExpression}, {@link BooleanExpression}, {@link StringExpression},
 * {@link InstantExpression} and {@link when} for what there is.
 *
 * Ledger: in = out.
 *
 * @param name of the new column
 * @param expression a function of the columns, or `column('other')` for a copy under another name
 * @throws MillraceError SCHEMA_MISMATCH
 * @example
 * flow(
 *   readings,
 *   withColumn('pm25Measured', column('pm25')),
 *   withColumn('coarse', (row) => row.pm10.minus(row.pm25).max(0)),
 *   withColumn('night', (row) => row.at.plus('8h').hour().lessThan(6)),
 * );
 */
export function withColumn<T extends TypeMap, const N extends string, K extends ColumnName<NoInfer<T>>>(
  name: N,
  expression: ColumnReference<K>,
): Operator<T, WithColumn<T, N, T[K]>>;
export function withColumn<T extends TypeMap, const N extends string, Type extends DataType>(
  name: N,
  expression: (columns: Columns<T>) => Expression<Type>,
): Operator<T, WithColumn<T, N, Type>>;
export function withColumn(
  name: string,
  expression: ColumnReference<string> | ((columns: Columns<TypeMap>) => Expression),
): Operator<TypeMap> {
  if (typeof expression !== 'function')
    return mapBatch('withColumn', (batch) => withColumns(batch, { [name]: columnData(batch, expression.column) }));
  const build = expressionBuilder(expression);
  return mapBatch('withColumn', (batch) => {
    const built = build(batch);
    return withColumns(batch, { [name]: built.expression.column(built.evaluation) });
  });
}

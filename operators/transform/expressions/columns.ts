import { type Bool, DataType, type TypeMap } from 'apache-arrow';
import type { Batch, BatchSchema, ColumnName, InstantType, NumericType, StringType } from '../../../columnar/index.ts';
import { ColumnError, describeSchema, isSameType } from '../../../columnar/index.ts';
import { BooleanExpression } from './boolean-expression.ts';
import { ColumnExpression, Evaluation, Expression, Scratch } from './expression.ts';
import { InstantExpression } from './instant-expression.ts';
import { isNumeric, NumberExpression } from './number-expression.ts';
import { StringExpression } from './string-expression.ts';

/** The expression that reads a column of type `Type`. */
export type ExpressionOf<Type extends DataType> = [Type] extends [NumericType]
  ? NumberExpression<Type>
  : [Type] extends [StringType]
    ? StringExpression<Type>
    : [Type] extends [InstantType]
      ? InstantExpression
      : [Type] extends [Bool]
        ? BooleanExpression
        : ColumnExpression<Type>;

/** The columns of a stream, to build expressions from. */
export type Columns<T extends TypeMap> = { readonly [K in ColumnName<T>]: ExpressionOf<T[K]> };

/** Names one column, to be copied under another name: `withColumn('raw', column('pm25'))`. */
export interface ColumnReference<K extends string> {
  readonly column: K;
}

/** Names a column, where no more than that is needed. */
export function column<const K extends string>(name: K): ColumnReference<K> {
  return { column: name };
}

/** The columns of a schema as expressions; asking for another one throws a ColumnError. */
export function columnsOf<T extends TypeMap>(schema: BatchSchema<T>): Columns<T> {
  const types = new Map(schema.fields.map((field) => [field.name, field.type as DataType]));
  return new Proxy({} as Columns<T>, {
    get: (_target, name) => {
      const type = types.get(String(name));
      if (type === undefined)
        throw new ColumnError(`there is no column '${String(name)}'; the columns are ${[...types.keys()].join(', ')}`);
      return readerOf(String(name), type);
    },
    has: (_target, name) => types.has(String(name)),
  });
}

function readerOf(name: string, type: DataType): Expression {
  if (isNumeric(type)) return NumberExpression.ofColumn(name);
  if (DataType.isUtf8(type) || DataType.isDictionary(type)) return StringExpression.ofColumn(name);
  if (DataType.isTimestamp(type)) return InstantExpression.ofColumn(name);
  if (DataType.isBool(type)) return BooleanExpression.ofColumn(name);
  return new ColumnExpression(name);
}

/** Builds an expression for a batch and the rows to evaluate it for. */
export type ExpressionBuilder<T extends TypeMap, E extends Expression> = (batch: Batch<T>) => { expression: E; evaluation: Evaluation };

/**
 * Builds the expression that `make` describes when the first batch has come, and again when the schema changes; the arrays that it computes in are used again for every batch. What
 * the builder remembers depends on nothing but the schema.
 */
export function expressionBuilder<T extends TypeMap, E extends Expression>(make: (columns: Columns<T>) => E): ExpressionBuilder<T, E> {
  const scratch = new Scratch();
  let schema: BatchSchema<T> | undefined;
  let expression: E | undefined;
  return (batch) => {
    if (expression === undefined || schema === undefined || !hasSameColumns(schema, batch.schema)) {
      const made = fitted(batch, make);
      if (!(made instanceof Expression)) throw new TypeError(`the function must return an expression of its columns, not ${typeof made}`);
      expression = made;
      schema = batch.schema as BatchSchema<T>;
    }
    scratch.reset();
    return { expression, evaluation: new Evaluation(batch, scratch) };
  };
}

function hasSameColumns(a: BatchSchema, b: BatchSchema): boolean {
  if (a === b) return true;
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, index) => {
      const other = b.fields[index];
      return other !== undefined && field.name === other.name && isSameType(field.type, other.type);
    })
  );
}

/** A stream whose columns have other types than the compiler was told lacks the methods that the function calls. */
function fitted<T extends TypeMap, E extends Expression>(batch: Batch<T>, make: (columns: Columns<T>) => E): E {
  try {
    return make(columnsOf(batch.schema as BatchSchema<T>));
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    throw new ColumnError(
      `the expression does not fit the columns: ${thrown.message}; they are ${describeSchema(batch.schema).join(', ')}`,
    );
  }
}

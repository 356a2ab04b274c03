import type { Data, DataType } from 'apache-arrow';
import { type Batch, columnData, Validity, ValidityBuilder } from '../../../columnar/index.ts';

/** One byte per row, 1 where the value is null; undefined when none is. */
export type Nulls = Uint8Array | undefined;

/** Values of one expression for all rows of a batch. What stands at a null is undefined. */
export interface Values<V> {
  readonly values: V;
  readonly nulls: Nulls;
}

/** The rows that an expression is computed for; an expression used twice is computed once. */
export class Evaluation {
  readonly batch: Batch;
  readonly #known = new Map<object, unknown>();

  constructor(batch: Batch) {
    this.batch = batch;
  }

  get rows(): number {
    return this.batch.numRows;
  }

  /** The values of `expression`, computed by `compute` the first time. */
  once<V>(expression: object, compute: () => V): V {
    if (!this.#known.has(expression)) this.#known.set(expression, compute());
    return this.#known.get(expression) as V;
  }
}

/** A column to be computed from others, row by row. Build one from the columns that `withColumn` and `filterRows` hand you. */
export abstract class Expression<Type extends DataType = DataType> {
  /** Phantom: the type of the column that comes out. */
  declare readonly type?: Type;

  /** The column for the rows of `evaluation`. */
  abstract column(evaluation: Evaluation): Data;

  /** Which rows are null. */
  abstract nullsIn(evaluation: Evaluation): Nulls;
}

/** A column as it is, of any type: it can be copied, and asked for nulls. */
export class ColumnExpression<Type extends DataType = DataType> extends Expression<Type> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  column({ batch }: Evaluation): Data {
    return columnData(batch, this.name);
  }

  nullsIn(evaluation: Evaluation): Nulls {
    return evaluation.once(this, () => nullsOf(this.column(evaluation)));
  }
}

/** The nulls of a column, as bytes. */
export function nullsOf(data: Data): Nulls {
  const validity = Validity.of(data);
  if (validity.complete) return undefined;
  const nulls = new Uint8Array(data.length);
  for (let row = 0; row < nulls.length; row++) nulls[row] = validity.isValid(row) ? 0 : 1;
  return nulls;
}

/** Rows that are null in either. */
export function eitherNull(left: Nulls, right: Nulls): Nulls {
  if (left === undefined) return right;
  if (right === undefined || left === right) return left;
  const nulls = new Uint8Array(left.length);
  for (let row = 0; row < nulls.length; row++) nulls[row] = (left[row] as number) | (right[row] as number);
  return nulls;
}

/** Nulls as a validity bitmap, for the `*Data` builders. */
export function validityOf(nulls: Nulls, rows: number): ValidityBuilder {
  const validity = new ValidityBuilder(rows);
  if (nulls !== undefined) for (let row = 0; row < rows; row++) if (nulls[row] === 1) validity.setNull(row);
  return validity;
}

import type { Data, DataType } from 'apache-arrow';
import { type Batch, columnData, Validity, ValidityBuilder } from '../../../columnar/index.ts';

/** One byte per row, 1 where the value is null; undefined when none is. */
export type Nulls = Uint8Array | undefined;

/** Values of one expression for all rows of a batch. What stands at a null is undefined. */
export interface Values<V> {
  readonly values: V;
  readonly nulls: Nulls;
}

/** Arrays for values that do not outlive the evaluation of one batch, used again for the next. */
export class Scratch {
  readonly #numbers: Float64Array[] = [];
  readonly #flags: Uint8Array[] = [];
  #usedNumbers = 0;
  #usedFlags = 0;

  /** Makes all arrays free again. */
  reset(): void {
    this.#usedNumbers = 0;
    this.#usedFlags = 0;
  }

  /** Numbers of any value. */
  numbers(rows: number): Float64Array {
    const at = this.#usedNumbers++;
    const array = this.#numbers[at];
    if (array !== undefined && array.length >= rows) return array.length === rows ? array : array.subarray(0, rows);
    this.#numbers[at] = new Float64Array(rows);
    return this.#numbers[at] as Float64Array;
  }

  /** Bytes of any value. */
  flags(rows: number): Uint8Array {
    const at = this.#usedFlags++;
    const array = this.#flags[at];
    if (array !== undefined && array.length >= rows) return array.length === rows ? array : array.subarray(0, rows);
    this.#flags[at] = new Uint8Array(rows);
    return this.#flags[at] as Uint8Array;
  }
}

/** The rows that an expression is computed for; an expression used twice is computed once. */
export class Evaluation {
  readonly batch: Batch;
  readonly rows: number;
  /** For values that are used up within this evaluation. */
  readonly scratch: Scratch;
  readonly #known = new Map<object, unknown>();

  constructor(batch: Batch, scratch = new Scratch()) {
    this.batch = batch;
    this.rows = batch.numRows;
    this.scratch = scratch;
  }

  /** Whether `expression` has been computed. */
  knows(expression: object): boolean {
    return this.#known.has(expression);
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
  const bitmap = validity.bitmap as Uint8Array;
  for (let row = 0, bit = validity.offset; row < nulls.length; row++, bit++) {
    nulls[row] = (((bitmap[bit >> 3] as number) >> (bit & 7)) & 1) ^ 1;
  }
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

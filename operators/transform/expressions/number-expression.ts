import { type Data, DataType, type Float64, type Utf8 } from 'apache-arrow';
import { columnData, float64Data, freshArray, type NumericType, numberView } from '../../../columnar/index.ts';
import { cos, exp, log, log10, pow, sin, tanh } from '../../../kernels/index.ts';
import { BooleanExpression } from './boolean-expression.ts';
import { type Evaluation, Expression, eitherNull, type Nulls, nullsOf, type Values, validityOf } from './expression.ts';
import * as loops from './number-loops.ts';
import { StringExpression } from './string-expression.ts';

/** Numbers of all rows. */
export type Numbers = Values<Float64Array>;

/** Computes all rows; the values lie in an array that `allot` has given, or in one of their own. */
type ComputeNumbers = (evaluation: Evaluation, allot: (rows: number) => Float64Array) => Numbers;

/** A number, the same for all rows, or one per row. */
export type NumberLike = number | NumberExpression<NumericType>;

/**
 * A number per row. Arithmetic follows IEEE 754 (division by 0 gives an infinity or NaN); null in, null out; comparisons with NaN are false. Elementary functions
 * give the same bits in every engine.
 */
export class NumberExpression<Type extends NumericType = Float64> extends Expression<Type> {
  readonly #compute: ComputeNumbers;
  readonly #source: string | undefined;

  constructor(compute: ComputeNumbers, source?: string) {
    super();
    this.#compute = compute;
    this.#source = source;
  }

  numbers(evaluation: Evaluation): Numbers {
    return evaluation.once(this, () => this.#compute(evaluation, (rows) => evaluation.scratch.numbers(rows)));
  }

  column(evaluation: Evaluation): Data {
    // A column under another name keeps its type and its memory.
    if (this.#source !== undefined) return columnData(evaluation.batch, this.#source);
    const { values, nulls } = this.lastingNumbers(evaluation);
    return float64Data(values, validityOf(nulls, evaluation.rows));
  }

  /** The numbers in an array that outlives the evaluation. */
  lastingNumbers(evaluation: Evaluation): Numbers {
    let own: Float64Array | undefined;
    const allot = (rows: number) => {
      own = freshArray(Float64Array, rows);
      return own;
    };
    const { values, nulls } = evaluation.knows(this) ? this.numbers(evaluation) : this.#compute(evaluation, allot);
    return { values: values === own ? values : values.slice(), nulls };
  }

  nullsIn(evaluation: Evaluation): Nulls {
    return this.numbers(evaluation).nulls;
  }

  plus(other: NumberLike): NumberExpression {
    return arithmetic(loops.add, this, other);
  }

  minus(other: NumberLike): NumberExpression {
    return arithmetic(loops.subtract, this, other);
  }

  times(other: NumberLike): NumberExpression {
    return arithmetic(loops.multiply, this, other);
  }

  dividedBy(other: NumberLike): NumberExpression {
    return arithmetic(loops.divide, this, other);
  }

  /** Remainder with the sign of the divisor. */
  modulo(other: NumberLike): NumberExpression {
    return arithmetic(loops.modulo, this, other);
  }

  /** The smaller of the two; NaN if either is. */
  min(other: NumberLike): NumberExpression {
    return arithmetic(loops.smaller, this, other);
  }

  /** The larger of the two; NaN if either is. */
  max(other: NumberLike): NumberExpression {
    return arithmetic(loops.larger, this, other);
  }

  clamp(least: NumberLike, greatest: NumberLike): NumberExpression {
    return this.max(least).min(greatest);
  }

  negated(): NumberExpression {
    return unary(this, (x) => -x);
  }

  absolute(): NumberExpression {
    return unary(this, Math.abs);
  }

  floor(): NumberExpression {
    return unary(this, Math.floor);
  }

  ceiling(): NumberExpression {
    return unary(this, Math.ceil);
  }

  /** To the nearest integer, halves up. */
  rounded(): NumberExpression {
    return unary(this, Math.round);
  }

  squareRoot(): NumberExpression {
    return unary(this, Math.sqrt);
  }

  exp(): NumberExpression {
    return unary(this, exp);
  }

  /** Natural logarithm. */
  log(): NumberExpression {
    return unary(this, log);
  }

  log10(): NumberExpression {
    return unary(this, log10);
  }

  sin(): NumberExpression {
    return unary(this, sin);
  }

  cos(): NumberExpression {
    return unary(this, cos);
  }

  tanh(): NumberExpression {
    return unary(this, tanh);
  }

  power(exponent: NumberLike): NumberExpression {
    return arithmetic(raise, this, exponent);
  }

  equals(other: NumberLike): BooleanExpression {
    return comparison(loops.equal, this, other);
  }

  notEquals(other: NumberLike): BooleanExpression {
    return comparison(loops.notEqual, this, other);
  }

  lessThan(other: NumberLike): BooleanExpression {
    return comparison(loops.less, this, other);
  }

  atMost(other: NumberLike): BooleanExpression {
    return comparison(loops.lessOrEqual, this, other);
  }

  greaterThan(other: NumberLike): BooleanExpression {
    return comparison(loops.less, numberOf(other), this);
  }

  atLeast(other: NumberLike): BooleanExpression {
    return comparison(loops.lessOrEqual, numberOf(other), this);
  }

  /** From `least` to `greatest`, both included. */
  between(least: NumberLike, greatest: NumberLike): BooleanExpression {
    return this.atLeast(least).and(this.atMost(greatest));
  }

  isNull(): BooleanExpression {
    return BooleanExpression.whereNull(this);
  }

  /** Neither null, nor NaN, nor infinite. */
  isFinite(): BooleanExpression {
    return new BooleanExpression((evaluation) => {
      const { values, nulls } = this.numbers(evaluation);
      const finite = evaluation.scratch.flags(values.length);
      for (let row = 0; row < finite.length; row++) finite[row] = nulls?.[row] !== 1 && Number.isFinite(values[row]) ? 1 : 0;
      return { values: finite, nulls: undefined };
    });
  }

  /** This where it is not null, else the other. */
  orElse(other: NumberLike): NumberExpression {
    const fallback = numberOf(other);
    return new NumberExpression((evaluation) => {
      const { values, nulls } = this.numbers(evaluation);
      return nulls === undefined ? { values, nulls } : chooseNumbers(nulls, fallback.numbers(evaluation), { values, nulls: undefined });
    });
  }

  /** Null where the value equals `marker`: for sources that write -999 for a missing value. */
  nullIf(marker: number): NumberExpression {
    return new NumberExpression((evaluation) => {
      const { values, nulls } = this.numbers(evaluation);
      const marked = new Uint8Array(values.length);
      for (let row = 0; row < marked.length; row++) marked[row] = nulls?.[row] === 1 || values[row] === marker ? 1 : 0;
      return { values, nulls: marked };
    });
  }

  /** In decimal digits, as JavaScript writes numbers. */
  toText(): StringExpression<Utf8> {
    return StringExpression.computed((evaluation) => {
      const { values, nulls } = this.numbers(evaluation);
      return (row) => (nulls?.[row] === 1 ? null : String(values[row]));
    });
  }

  /** Reads a numeric column. */
  static ofColumn<Type extends NumericType>(name: string): NumberExpression<Type> {
    return new NumberExpression<Type>(({ batch }, allot) => {
      const view = numberView(batch, name);
      const own = view.values.length === view.length ? view.values : view.values.subarray(0, view.length);
      const values = own instanceof Float64Array ? own : allot(view.length);
      if (values !== own) values.set(own);
      return { values, nulls: nullsOf(columnData(batch, name)) };
    }, name);
  }
}

const raise: loops.NumberLoop = (a, b, out) => {
  for (let row = 0; row < out.length; row++) out[row] = pow(a[row] as number, b[row] as number);
};

/** A number as an expression. */
export function numberOf(value: NumberLike): NumberExpression<NumericType> {
  if (typeof value !== 'number') return value;
  // The operator keeps its expressions from batch to batch, so the array is filled once.
  let filled = new Float64Array(0);
  return new NumberExpression(({ rows }) => {
    if (filled.length < rows) filled = new Float64Array(rows).fill(value);
    return { values: filled.length === rows ? filled : filled.subarray(0, rows), nulls: undefined };
  });
}

function arithmetic(loop: loops.NumberLoop, left: NumberExpression<NumericType>, other: NumberLike): NumberExpression {
  const right = numberOf(other);
  return new NumberExpression((evaluation, allot) => {
    const a = left.numbers(evaluation);
    const b = right.numbers(evaluation);
    const values = allot(evaluation.rows);
    loop(a.values, b.values, values);
    return { values, nulls: eitherNull(a.nulls, b.nulls) };
  });
}

function unary(operand: NumberExpression<NumericType>, operation: (x: number) => number): NumberExpression {
  return new NumberExpression((evaluation, allot) => {
    const { values, nulls } = operand.numbers(evaluation);
    const out = allot(values.length);
    for (let row = 0; row < out.length; row++) out[row] = operation(values[row] as number);
    return { values: out, nulls };
  });
}

function comparison(loop: loops.ComparisonLoop, left: NumberExpression<NumericType>, other: NumberLike): BooleanExpression {
  const right = numberOf(other);
  return new BooleanExpression((evaluation) => {
    const a = left.numbers(evaluation);
    const b = right.numbers(evaluation);
    const values = evaluation.scratch.flags(evaluation.rows);
    loop(a.values, b.values, values);
    return { values, nulls: eitherNull(a.nulls, b.nulls) };
  });
}

/** `yes` where `where` is 1, else `no`. */
export function chooseNumbers(where: Uint8Array, yes: Numbers, no: Numbers): Numbers {
  const values = new Float64Array(where.length);
  const nulls = yes.nulls === undefined && no.nulls === undefined ? undefined : new Uint8Array(where.length);
  for (let row = 0; row < where.length; row++) {
    const from = where[row] === 1 ? yes : no;
    values[row] = from.values[row] as number;
    if (nulls !== undefined) nulls[row] = from.nulls?.[row] ?? 0;
  }
  return { values, nulls };
}

/** True for types that {@link NumberExpression.ofColumn} reads. */
export const isNumeric = (type: DataType): boolean => DataType.isInt(type) || DataType.isFloat(type);

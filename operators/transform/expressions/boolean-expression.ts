import type { Bool, Data } from 'apache-arrow';
import { booleanData, booleanView, columnData } from '../../../columnar/index.ts';
import { type Evaluation, Expression, type Nulls, nullsOf, type Values, validityOf } from './expression.ts';
import { NumberExpression } from './number-expression.ts';

/** Truth of all rows: one byte each. */
export type Booleans = Values<Uint8Array>;

/** A boolean, the same for all rows, or one per row. */
export type BooleanLike = boolean | BooleanExpression;

/** True, false or null per row, with SQL's three-valued logic: false and null is false, true or null is true, else null wins. */
export class BooleanExpression extends Expression<Bool> {
  readonly #compute: (evaluation: Evaluation) => Booleans;

  constructor(compute: (evaluation: Evaluation) => Booleans) {
    super();
    this.#compute = compute;
  }

  booleans(evaluation: Evaluation): Booleans {
    return evaluation.once(this, () => this.#compute(evaluation));
  }

  column(evaluation: Evaluation): Data {
    const { values, nulls } = this.booleans(evaluation);
    return booleanData(values, validityOf(nulls, evaluation.rows));
  }

  nullsIn(evaluation: Evaluation): Nulls {
    return this.booleans(evaluation).nulls;
  }

  and(other: BooleanLike): BooleanExpression {
    return connect(this, booleanOf(other), 0);
  }

  or(other: BooleanLike): BooleanExpression {
    return connect(this, booleanOf(other), 1);
  }

  not(): BooleanExpression {
    return new BooleanExpression((evaluation) => {
      const { values, nulls } = this.booleans(evaluation);
      const inverted = evaluation.scratch.flags(values.length);
      for (let row = 0; row < inverted.length; row++) inverted[row] = 1 - (values[row] as number);
      return { values: inverted, nulls };
    });
  }

  equals(other: BooleanLike): BooleanExpression {
    return this.toNumber().equals(booleanOf(other).toNumber());
  }

  isNull(): BooleanExpression {
    return BooleanExpression.whereNull(this);
  }

  /** This where it is not null, else `fallback`. */
  orElse(fallback: boolean): BooleanExpression {
    return new BooleanExpression((evaluation) => {
      const { values, nulls } = this.booleans(evaluation);
      if (nulls === undefined) return { values, nulls };
      const filled = evaluation.scratch.flags(values.length);
      for (let row = 0; row < filled.length; row++) filled[row] = nulls[row] === 1 ? Number(fallback) : (values[row] as number);
      return { values: filled, nulls: undefined };
    });
  }

  /** 1 and 0. */
  toNumber(): NumberExpression {
    return new NumberExpression((evaluation, allot) => {
      const { values, nulls } = this.booleans(evaluation);
      const numbers = allot(values.length);
      numbers.set(values);
      return { values: numbers, nulls };
    });
  }

  /** Reads a boolean column. */
  static ofColumn(name: string): BooleanExpression {
    return new BooleanExpression(({ batch }) => ({
      values: booleanView(batch, name).values as Uint8Array,
      nulls: nullsOf(columnData(batch, name)),
    }));
  }

  /** True where an expression is null. */
  static whereNull(expression: Expression): BooleanExpression {
    return new BooleanExpression((evaluation) => ({
      values: expression.nullsIn(evaluation) ?? new Uint8Array(evaluation.rows),
      nulls: undefined,
    }));
  }
}

/** A boolean as an expression. */
export function booleanOf(value: BooleanLike): BooleanExpression {
  if (typeof value !== 'boolean') return value;
  return new BooleanExpression(({ rows }) => ({ values: new Uint8Array(rows).fill(Number(value)), nulls: undefined }));
}

/** `and` when `decisive` is 0, `or` when it is 1: that value decides whatever the other side is, even null. */
function connect(left: BooleanExpression, right: BooleanExpression, decisive: 0 | 1): BooleanExpression {
  return new BooleanExpression((evaluation) => {
    const a = left.booleans(evaluation);
    const b = right.booleans(evaluation);
    const values = evaluation.scratch.flags(evaluation.rows);
    if (a.nulls === undefined && b.nulls === undefined) {
      for (let row = 0; row < values.length; row++) {
        // Bits are 0 or 1: `and` is the smaller of the two, `or` the larger, found without a branch.
        values[row] =
          decisive === 0 ? (a.values[row] as number) & (b.values[row] as number) : (a.values[row] as number) | (b.values[row] as number);
      }
      return { values, nulls: undefined };
    }
    const nulls = new Uint8Array(evaluation.rows);
    for (let row = 0; row < values.length; row++) {
      const aNull = a.nulls?.[row] === 1;
      const bNull = b.nulls?.[row] === 1;
      const decided = (!aNull && a.values[row] === decisive) || (!bNull && b.values[row] === decisive);
      values[row] = decided ? decisive : 1 - decisive;
      nulls[row] = !decided && (aNull || bNull) ? 1 : 0;
    }
    return { values, nulls };
  });
}

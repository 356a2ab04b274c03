import type { Data } from 'apache-arrow';
import { columnData, type InstantType, instantsOf, timestampData } from '../../../columnar/index.ts';
import { type Duration, MillraceError, milliseconds } from '../../../streams/index.ts';
import { BooleanExpression } from './boolean-expression.ts';
import { type Evaluation, Expression, type Nulls, nullsOf, validityOf } from './expression.ts';
import { NumberExpression, type Numbers, numberOf } from './number-expression.ts';

const DAY = 86_400_000;

/** An instant: ISO 8601 text, or one per row. */
export type InstantLike = string | InstantExpression;

/** An instant per row, in UTC to the millisecond; null in, null out. Parts of the date are those of the Gregorian calendar; add an offset before for local time. */
export class InstantExpression extends Expression<InstantType> {
  readonly #milliseconds: NumberExpression;
  readonly #source: string | undefined;

  constructor(compute: (evaluation: Evaluation) => Numbers, source?: string) {
    super();
    this.#milliseconds = new NumberExpression(compute);
    this.#source = source;
  }

  column(evaluation: Evaluation): Data {
    if (this.#source !== undefined) return columnData(evaluation.batch, this.#source);
    const { values, nulls } = this.#milliseconds.numbers(evaluation);
    return timestampData(values, validityOf(nulls, evaluation.rows));
  }

  nullsIn(evaluation: Evaluation): Nulls {
    return this.#milliseconds.numbers(evaluation).nulls;
  }

  /** Milliseconds since 1970-01-01T00:00Z. */
  toNumber(): NumberExpression {
    return this.#milliseconds;
  }

  plus(span: Duration): InstantExpression {
    return InstantExpression.ofNumber(this.#milliseconds.plus(spanOf(span)));
  }

  minus(span: Duration): InstantExpression {
    return InstantExpression.ofNumber(this.#milliseconds.minus(spanOf(span)));
  }

  /** Milliseconds from another instant to this one. */
  since(other: InstantLike): NumberExpression {
    return this.#milliseconds.minus(instantOf(other).toNumber());
  }

  /** The start of the span that the instant lies in, counted from 1970-01-01T00:00Z: `'1h'` cuts to the hour. */
  truncatedTo(span: Duration): InstantExpression {
    return InstantExpression.ofNumber(this.#milliseconds.dividedBy(spanOf(span)).floor().times(spanOf(span)));
  }

  before(other: InstantLike): BooleanExpression {
    return this.#milliseconds.lessThan(instantOf(other).toNumber());
  }

  after(other: InstantLike): BooleanExpression {
    return this.#milliseconds.greaterThan(instantOf(other).toNumber());
  }

  equals(other: InstantLike): BooleanExpression {
    return this.#milliseconds.equals(instantOf(other).toNumber());
  }

  isNull(): BooleanExpression {
    return BooleanExpression.whereNull(this);
  }

  year(): NumberExpression {
    return this.#part((date) => date.getUTCFullYear());
  }

  /** 1 to 12. */
  month(): NumberExpression {
    return this.#part((date) => date.getUTCMonth() + 1);
  }

  dayOfMonth(): NumberExpression {
    return this.#part((date) => date.getUTCDate());
  }

  /** 1 Monday to 7 Sunday, as in ISO 8601. */
  weekday(): NumberExpression {
    return this.#milliseconds.dividedBy(DAY).floor().plus(3).modulo(7).plus(1);
  }

  hour(): NumberExpression {
    return this.#milliseconds.modulo(DAY).dividedBy(3_600_000).floor();
  }

  minute(): NumberExpression {
    return this.#milliseconds.modulo(3_600_000).dividedBy(60_000).floor();
  }

  second(): NumberExpression {
    return this.#milliseconds.modulo(60_000).dividedBy(1000).floor();
  }

  #part(read: (date: Date) => number): NumberExpression {
    return new NumberExpression((evaluation) => {
      const { values, nulls } = this.#milliseconds.numbers(evaluation);
      return { values: values.map((instant) => read(new Date(instant))), nulls };
    });
  }

  /** Reads a timestamp column. */
  static ofColumn(name: string): InstantExpression {
    return new InstantExpression(({ batch }) => ({ values: instantsOf(batch, name), nulls: nullsOf(columnData(batch, name)) }), name);
  }

  /** Instants from milliseconds since the epoch; fractions are cut. */
  static ofNumber(numbers: NumberExpression): InstantExpression {
    return new InstantExpression((evaluation) => numbers.floor().numbers(evaluation));
  }
}

function spanOf(span: Duration): number {
  const value = milliseconds(span);
  if (value === undefined)
    throw new MillraceError('INVALID_OPTION', `'${span}' is no duration`, { hint: 'write 250ms, 10s, 1h or a number of milliseconds' });
  return value;
}

/** An instant as an expression. */
export function instantOf(value: InstantLike): InstantExpression {
  if (typeof value !== 'string') return value;
  const instant = Date.parse(value);
  if (Number.isNaN(instant))
    throw new MillraceError('INVALID_OPTION', `'${value}' is no instant`, { hint: 'write it in ISO 8601, such as 2013-03-01T00:00Z' });
  const constant = numberOf(instant);
  return new InstantExpression((evaluation) => constant.numbers(evaluation));
}

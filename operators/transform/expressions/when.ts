import type { Utf8 } from 'apache-arrow';
import type { BooleanExpression } from './boolean-expression.ts';
import { chooseNumbers, NumberExpression, type NumberLike, numberOf } from './number-expression.ts';
import { StringExpression, type StringLike, stringOf } from './string-expression.ts';

/**
 * `yes` in rows where the condition is true, `no` where it is false or null.
 *
 * @example
 * withColumn('level', (row) => when(row.pm25.greaterThan(150), 'unhealthy', when(row.pm25.greaterThan(35), 'moderate', 'good')));
 */
export function when(condition: BooleanExpression, yes: NumberLike, no: NumberLike): NumberExpression;
export function when(condition: BooleanExpression, yes: StringLike, no: StringLike): StringExpression<Utf8>;
export function when(
  condition: BooleanExpression,
  yes: NumberLike | StringLike,
  no: NumberLike | StringLike,
): NumberExpression | StringExpression<Utf8> {
  if (isText(yes) && isText(no)) return whenText(condition, yes, no);
  const [then, otherwise] = [numberOf(yes as NumberLike), numberOf(no as NumberLike)];
  return new NumberExpression((evaluation) => {
    const { values, nulls } = condition.booleans(evaluation);
    const where = nulls === undefined ? values : values.map((value, row) => (nulls[row] === 1 ? 0 : value));
    return chooseNumbers(where, then.numbers(evaluation), otherwise.numbers(evaluation));
  });
}

const isText = (value: NumberLike | StringLike): value is StringLike => typeof value === 'string' || value instanceof StringExpression;

function whenText(condition: BooleanExpression, yes: StringLike, no: StringLike): StringExpression<Utf8> {
  const [then, otherwise] = [stringOf(yes), stringOf(no)];
  return StringExpression.computed((evaluation) => {
    const { values, nulls } = condition.booleans(evaluation);
    const [first, second] = [then.strings(evaluation), otherwise.strings(evaluation)];
    return (row) => (values[row] === 1 && nulls?.[row] !== 1 ? first(row) : second(row));
  });
}

import type { TypeMap } from 'apache-arrow';
import { type Batch, columnData } from '../../columnar/index.ts';
import { MillraceError, type Operator, statefulOperator, takeStreamRows } from '../../streams/index.ts';
import { rowText } from '../rows/row-text.ts';
import { type BoundRule, notNull, type Rule } from './rules.ts';

/** Rules by column. */
export type Rules<T extends TypeMap> = { readonly [K in keyof T]?: Rule<T[K]> };

/**
 * Rejects rows that break a rule; the others go on unchanged. A column that the schema calls required is checked for nulls without a rule.
 *
 * A rejected row goes to the rejects topic with the first broken rule as its reason: column, value and what was expected.
 * NaN breaks `range` and `finite`; an empty string is a string like others (`matches(/./)` refuses it); null breaks `notNull` alone.
 *
 * Ledger: in = out + rejected.
 *
 * @param rules by column: {@link notNull}, {@link range}, {@link finite}, {@link between}, {@link oneOf}, {@link matches}, {@link satisfies}, {@link allOf}
 * @throws MillraceError SCHEMA_MISMATCH when a column is missing or of another type than its rule
 * @example
 * flow(readings, validate({ station: oneOf(['Aotizhongxin', 'Dongsi']), pm25: range(0, 2000) }));
 */
export function validate<T extends TypeMap>(rules: Rules<NoInfer<T>>): Operator<T> {
  const entries = Object.entries(rules).filter((entry): entry is [string, Rule] => entry[1] !== undefined);
  if (entries.some(([, rule]) => typeof (rule as Rule).bind !== 'function'))
    throw new MillraceError('INVALID_OPTION', 'validate: every column needs a rule', { hint: 'use range, oneOf, matches, notNull, ...' });
  return statefulOperator<T, T, null>('validate', {
    version: 1,
    ledger: { left: ['in'], right: ['out', 'rejected'] },
    create: () => null,
    onBatch: (_state, input, step) => {
      const { batch } = input;
      const checks = checksOf(batch, entries);
      if (checks.every(({ bound }) => firstBroken(bound, batch.numRows) === batch.numRows)) return input;
      const kept = new Int32Array(batch.numRows);
      let count = 0;
      for (let row = 0; row < batch.numRows; row++) {
        const broken = checks.find((check) => !check.bound.accepts(row));
        if (broken === undefined) kept[count++] = row;
        else {
          const reason = `column '${broken.column}' is ${broken.bound.text(row)}, must be ${broken.rule.expects}`;
          step.reject({ ordinal: input.ordinal[row] as number, reason, row: rowText(batch, row) });
        }
      }
      return takeStreamRows(input, kept.subarray(0, count));
    },
    snapshot: () => {},
    restore: () => null,
  });
}

/** The first row that a rule does not accept; `rows` when it accepts all. Rule by rule, since rows that break none are the rule. */
function firstBroken(bound: BoundRule, rows: number): number {
  let row = 0;
  while (row < rows && bound.accepts(row)) row++;
  return row;
}

interface Check {
  readonly column: string;
  readonly rule: Rule;
  readonly bound: BoundRule;
}

function checksOf(batch: Batch, entries: readonly [string, Rule][]): Check[] {
  const required = batch.schema.fields.filter((field, index) => !field.nullable && (batch.data.children[index]?.nullCount ?? 0) > 0);
  const all: [string, Rule][] = [...required.map((field): [string, Rule] => [field.name, notNull()]), ...entries];
  return all.map(([column, rule]) => ({ column, rule, bound: rule.bind(batch, column, columnData(batch, column)) }));
}

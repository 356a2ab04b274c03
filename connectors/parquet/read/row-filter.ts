import { type Data, DataType, Vector } from 'apache-arrow';
import { type Batch, type BatchSchema, columnData, instantsOf, numberView, stringView } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import type { ColumnRange } from '../format/column-range.ts';
import { instantOf } from './partition-column.ts';

/** A value to compare a column with: instants as Date, ISO 8601 text or milliseconds. */
export type FilterValue = string | number | bigint | boolean | Date;

/** What the rows to read have in one column; all given conditions must hold, and null meets none. */
export interface ColumnCondition {
  /** At least this. */
  readonly min?: FilterValue;
  /** Less than this. */
  readonly below?: FilterValue;
  /** At most this. */
  readonly max?: FilterValue;
  readonly oneOf?: readonly FilterValue[];
}

/** One column's condition, in the column's own terms: numbers (instants in ms) or strings, compared by code point. */
export interface Condition {
  readonly column: string;
  /** True unless no value of the range can meet the condition. */
  mayHold(range: ColumnRange): boolean;
  /** Clears `keep` at the rows that do not meet it. */
  apply(batch: Batch, keep: Uint8Array): void;
}

type Comparable = number | string;

/**
 * Compiles the filter of a source against its schema.
 *
 * @throws MillraceError INVALID_OPTION for a column that is not there, cannot be compared, or a value of another kind.
 */
export function compileFilter(schema: BatchSchema, filter: Readonly<Record<string, ColumnCondition>>): Condition[] {
  return Object.entries(filter).map(([column, condition]) => {
    const type = schema.fields.find((field) => field.name === column)?.type;
    if (type === undefined)
      throw new MillraceError('INVALID_OPTION', `where: there is no column '${column}'`, {
        hint: `columns: ${schema.fields.map((field) => field.name).join(', ')}`,
      });
    return compile(column, type, condition);
  });
}

function compile(column: string, type: DataType, condition: ColumnCondition): Condition {
  const value = (given: FilterValue | undefined) => (given === undefined ? undefined : comparable(column, type, given));
  const [min, below, max] = [value(condition.min), value(condition.below), value(condition.max)];
  const oneOf = condition.oneOf && new Set(condition.oneOf.map((given) => value(given) as Comparable));
  const holds = (found: Comparable) =>
    (min === undefined || found >= min) &&
    (below === undefined || found < below) &&
    (max === undefined || found <= max) &&
    (oneOf?.has(found) ?? true);
  return {
    column,
    mayHold: ({ minimum, maximum, allNull }) => {
      if (allNull) return false;
      if (minimum !== undefined && ((below !== undefined && minimum >= below) || (max !== undefined && minimum > max))) return false;
      if (maximum !== undefined && min !== undefined && maximum < min) return false;
      return (
        oneOf === undefined ||
        [...oneOf].some((one) => !(minimum !== undefined && one < minimum) && !(maximum !== undefined && one > maximum))
      );
    },
    apply: (batch, keep) => applyTo(batch, column, type, keep, holds),
  };
}

function comparable(column: string, type: DataType, given: FilterValue): Comparable {
  const wrong = () =>
    new MillraceError('INVALID_OPTION', `where: '${column}' is ${type} and cannot be compared with ${JSON.stringify(String(given))}`);
  if (isText(type)) {
    if (typeof given === 'string') return given;
    throw wrong();
  }
  if (DataType.isTimestamp(type)) {
    const instant = given instanceof Date ? given.getTime() : typeof given === 'string' ? instantOf(given) : Number(given);
    if (Number.isNaN(instant)) throw wrong();
    return instant;
  }
  if ((DataType.isInt(type) || DataType.isFloat(type) || DataType.isBool(type)) && !(given instanceof Date) && typeof given !== 'string')
    return Number(given);
  throw wrong();
}

const isText = (type: DataType) => DataType.isUtf8(type) || (DataType.isDictionary(type) && DataType.isUtf8(type.dictionary));

function applyTo(batch: Batch, column: string, type: DataType, keep: Uint8Array, holds: (value: Comparable) => boolean): void {
  const rows = batch.numRows;
  if (DataType.isTimestamp(type)) {
    const instants = instantsOf(batch, column as never);
    for (let row = 0; row < rows; row++) if (!holds(instants[row] as number) || Number.isNaN(instants[row])) keep[row] = 0;
  } else if (isText(type)) {
    const strings = stringView(batch, column as never);
    for (let row = 0; row < rows; row++) {
      const value = strings.get(row);
      if (value === null || !holds(value)) keep[row] = 0;
    }
  } else if (DataType.isBool(type)) {
    const values = new Vector([columnData(batch, column as never) as Data]);
    for (let row = 0; row < rows; row++) if (values.get(row) === null || !holds(Number(values.get(row)))) keep[row] = 0;
  } else {
    const { values, validity } = numberView(batch, column as never);
    for (let row = 0; row < rows; row++) if (!validity.isValid(row) || !holds(values[row] as number)) keep[row] = 0;
  }
}

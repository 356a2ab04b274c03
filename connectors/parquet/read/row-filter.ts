import { type Data, DataType, DateUnit, Vector } from 'apache-arrow';
import { type Batch, type BatchSchema, columnData, instantsOf, type NumberView, numberView, stringView } from '../../../columnar/index.ts';
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

/** One column's condition, in the column's own terms: numbers (instants and days in ms; beyond 2^53 BigInts) or strings, compared by code point. */
export interface Condition {
  readonly column: string;
  /** True unless no value of the range can meet the condition. */
  mayHold(range: ColumnRange): boolean;
  /** Clears `keep` at the rows that do not meet it. */
  apply(batch: Batch, keep: Uint8Array): void;
}

type Comparable = number | bigint | string;

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
    (min === undefined || order(found, min) >= 0) &&
    (below === undefined || order(found, below) < 0) &&
    (max === undefined || order(found, max) <= 0) &&
    (oneOf?.has(found) ?? true);
  return {
    column,
    mayHold: ({ minimum, maximum, allNull }) => {
      if (allNull) return false;
      const isBelowAll = (one: Comparable) => minimum !== undefined && order(one, minimum) < 0;
      const isAboveAll = (one: Comparable) => maximum !== undefined && order(one, maximum) > 0;
      if (below !== undefined && minimum !== undefined && order(minimum, below) >= 0) return false;
      if ((max !== undefined && isBelowAll(max)) || (min !== undefined && isAboveAll(min))) return false;
      return oneOf === undefined || [...oneOf].some((one) => !isBelowAll(one) && !isAboveAll(one));
    },
    apply: (batch, keep) => applyTo(batch, column, type, keep, holds),
  };
}

/**
 * Below, at or above 0 as the left value comes before, equals or comes after the right one; NaN for a NaN. Strings by code point: by UTF-16 unit, as
 * JavaScript compares them, those beyond U+FFFF would come before some that are below.
 */
function order(left: Comparable, right: Comparable): number {
  if (typeof left !== 'string' || typeof right !== 'string') return left < right ? -1 : left > right ? 1 : left <= right ? 0 : Number.NaN;
  let at = 0;
  while (at < left.length && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  return rankAt(left, at) - rankAt(right, at);
}

function rankAt(text: string, at: number): number {
  if (at >= text.length) return -1;
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function comparable(column: string, type: DataType, given: FilterValue): Comparable {
  const wrong = () =>
    new MillraceError('INVALID_OPTION', `where: '${column}' is ${type} and cannot be compared with ${JSON.stringify(String(given))}`);
  if (isText(type)) {
    if (typeof given === 'string') return given;
    throw wrong();
  }
  if (DataType.isTimestamp(type) || DataType.isDate(type)) {
    const instant = given instanceof Date ? given.getTime() : typeof given === 'string' ? instantOf(given) : Number(given);
    if (Number.isNaN(instant)) throw wrong();
    return instant;
  }
  if ((DataType.isInt(type) || DataType.isFloat(type) || DataType.isBool(type)) && !(given instanceof Date) && typeof given !== 'string')
    return DataType.isInt(type) ? exactly(given) : Number(given);
  throw wrong();
}

/** An integer as number where that is exact, else as BigInt: equal values are equal, and both kinds compare. */
function exactly(given: number | bigint | boolean): number | bigint {
  if (typeof given === 'bigint') return Number.isSafeInteger(Number(given)) ? Number(given) : given;
  return Number.isInteger(given) && !Number.isSafeInteger(given) ? BigInt(given) : Number(given);
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
    const { valueAt, isValid } = numbersOf(columnData(batch, column as never), () => numberView(batch, column as never));
    for (let row = 0; row < rows; row++) if (!isValid(row) || !holds(valueAt(row))) keep[row] = 0;
  }
}

const DAY = 86_400_000;

function numbersOf(data: Data, view: () => NumberView): { valueAt(row: number): number | bigint; isValid(row: number): boolean } {
  const { type, values } = data;
  const isValid = (row: number) => data.nullCount === 0 || data.getValid(row);
  if (DataType.isDate(type)) return { isValid, valueAt: (row) => Number(values[row]) * (type.unit === DateUnit.DAY ? DAY : 1) };
  const { values: numbers } = view();
  if (!DataType.isInt(type) || type.bitWidth < 64) return { isValid, valueAt: (row) => numbers[row] as number };
  // Reading BigInts takes long: only those are read that numbers do not hold. Of unsigned ones the view tells the upper half as negative.
  const least = type.isSigned ? Number.MIN_SAFE_INTEGER : 0;
  const isExact = (number: number) => number >= least && number <= Number.MAX_SAFE_INTEGER;
  return { isValid, valueAt: (row) => (isExact(numbers[row] as number) ? (numbers[row] as number) : (values[row] as bigint)) };
}

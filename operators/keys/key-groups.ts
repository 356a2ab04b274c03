import { DataType, type TypeMap } from 'apache-arrow';
import {
  type Batch,
  columnData,
  KeyInterner,
  type NumericColumn,
  numberView,
  type StringColumn,
  type Validity,
} from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import { NumberInterner } from './number-interner.ts';

/** Columns that rows can be grouped by: strings, and numbers as identifiers. */
export type KeyColumn<T extends TypeMap> = StringColumn<T> | NumericColumn<T>;

/**
 * Numbers the keys of a stream, so that an operator's state can lie in arrays. Group 0 holds the rows whose key is null, and all rows where
 * no key column is named; the other groups count from 1 in the order of first sight.
 */
export class KeyGroups {
  readonly #column: string | undefined;
  readonly #strings: KeyInterner;
  readonly #numbers: NumberInterner;

  constructor(column: string | undefined, strings: readonly string[] = [], numbers?: Float64Array) {
    this.#column = column;
    this.#strings = new KeyInterner(strings);
    this.#numbers = new NumberInterner(numbers);
  }

  /** How many groups there are, group 0 included. */
  get size(): number {
    return 1 + this.#strings.size + this.#numbers.size;
  }

  /** The group of every row. */
  groupsOf(batch: Batch): Int32Array {
    if (this.#column === undefined) return new Int32Array(batch.numRows);
    const { type } = columnData(batch, this.#column);
    if (DataType.isInt(type) || DataType.isFloat(type)) return this.#groupsOfNumbers(batch, this.#column);
    const groups = this.#strings.codesOf(batch, this.#column);
    for (let row = 0; row < groups.length; row++) groups[row] = (groups[row] as number) + 1;
    return groups;
  }

  #groupsOfNumbers(batch: Batch, column: string): Int32Array {
    const { values, validity } = numberView(batch, column);
    const groups = new Int32Array(batch.numRows);
    for (let row = 0; row < groups.length; row++) {
      if (validity.isValid(row)) groups[row] = this.#numbers.intern(values[row] as number) + 1;
    }
    return groups;
  }

  /** The key of a group; null for group 0. */
  keyOf(group: number): string | number | null {
    if (group === 0) return null;
    return this.#strings.size > 0 ? (this.#strings.keys[group - 1] ?? null) : this.#numbers.numberOf(group - 1);
  }

  write(out: StateWriter): void {
    out.strings(this.#strings.keys).numbers(this.#numbers.numbers());
  }

  static read(column: string | undefined, input: StateReader): KeyGroups {
    return new KeyGroups(column, input.strings(), input.float64s());
  }
}

/** True where a value counts as missing for statistics: null, NaN or infinite. */
export function isMissing(values: { readonly [row: number]: number }, validity: Validity, row: number): boolean {
  return !validity.isValid(row) || !Number.isFinite(values[row]);
}

import { type Data, DataType, type Utf8, Vector } from 'apache-arrow';
import { type Batch, categoryData, columnData, type StringType, stringView, utf8Data } from '../../../columnar/index.ts';
import { BooleanExpression } from './boolean-expression.ts';
import { type Evaluation, Expression, type Nulls, nullsOf, validityOf } from './expression.ts';
import { NumberExpression } from './number-expression.ts';

/** The string of a row, or null. */
export type StringReader = (row: number) => string | null;

/** A string, the same for all rows, or one per row. */
export type StringLike = string | StringExpression<StringType>;

/** How a category column is computed: its strings once per distinct value instead of once per row. */
interface Category {
  readonly source: string;
  change(string: string): string;
}

/**
 * A string per row; null in, null out. Functions of one string run once per distinct value of a category column. Case mapping and regular expressions are
 * JavaScript's; positions and lengths count code points.
 */
export class StringExpression<Type extends StringType = StringType> extends Expression<Type> {
  readonly #read: (evaluation: Evaluation) => StringReader;
  readonly #category: Category | undefined;

  private constructor(read: (evaluation: Evaluation) => StringReader, category?: Category) {
    super();
    this.#read = read;
    this.#category = category;
  }

  strings(evaluation: Evaluation): StringReader {
    return evaluation.once(this, () => this.#read(evaluation));
  }

  column(evaluation: Evaluation): Data {
    const category = this.#category;
    const data = category === undefined ? undefined : columnData(evaluation.batch, category.source);
    if (category !== undefined && data !== undefined && DataType.isDictionary(data.type)) return changeDictionary(data, category);
    const read = this.strings(evaluation);
    return utf8Data(Array.from({ length: evaluation.rows }, (_, row) => read(row)));
  }

  nullsIn(evaluation: Evaluation): Nulls {
    const read = this.strings(evaluation);
    return Uint8Array.from({ length: evaluation.rows }, (_, row) => (read(row) === null ? 1 : 0));
  }

  /** Any function of the string; the same string must always give the same result. */
  map(change: (string: string) => string): StringExpression<Type> {
    const category = this.#category;
    const changed = category && { source: category.source, change: (string: string) => change(category.change(string)) };
    return new StringExpression((evaluation) => {
      if (changed !== undefined) return readChanged(evaluation.batch, changed);
      const read = this.strings(evaluation);
      return (row) => {
        const string = read(row);
        return string === null ? null : change(string);
      };
    }, changed);
  }

  lowerCase(): StringExpression<Type> {
    return this.map((string) => string.toLowerCase());
  }

  upperCase(): StringExpression<Type> {
    return this.map((string) => string.toUpperCase());
  }

  /** Without white space at both ends. */
  trimmed(): StringExpression<Type> {
    return this.map((string) => string.trim());
  }

  /** Code points `from` (inclusive) to `to` (exclusive); negative ones count from the end. */
  slice(from: number, to?: number): StringExpression<Type> {
    return this.map((string) => (isPlain(string) ? string.slice(from, to) : Array.from(string).slice(from, to).join('')));
  }

  /** Every occurrence of a string, or every match of a regular expression, replaced; `$1` stands for the first group. */
  replace(pattern: string | RegExp, replacement: string): StringExpression<Type> {
    const all = typeof pattern === 'string' || pattern.global ? pattern : new RegExp(pattern.source, `${pattern.flags}g`);
    return this.map((string) => string.replaceAll(all, replacement));
  }

  /** The first match of a regular expression, or its first group where it has one; an empty string where it is not found. */
  extract(pattern: RegExp): StringExpression<Type> {
    return this.map((string) => {
      const match = string.match(pattern);
      return match?.[1] ?? match?.[0] ?? '';
    });
  }

  /** This string and others, one after another. */
  concat(...others: readonly StringLike[]): StringExpression<Utf8> {
    const parts = [this as StringExpression<StringType>, ...others].map(stringOf);
    return StringExpression.computed((evaluation) => {
      const readers = parts.map((part) => part.strings(evaluation));
      return (row) => {
        const strings = readers.map((read) => read(row));
        return strings.includes(null) ? null : strings.join('');
      };
    });
  }

  equals(other: StringLike): BooleanExpression {
    if (typeof other === 'string') return this.test((string) => string === other);
    return new BooleanExpression((evaluation) => {
      const [left, right] = [this.strings(evaluation), other.strings(evaluation)];
      return collect(evaluation.rows, (row) => {
        const [a, b] = [left(row), right(row)];
        return a === null || b === null ? null : a === b;
      });
    });
  }

  notEquals(other: StringLike): BooleanExpression {
    return this.equals(other).not();
  }

  isIn(strings: readonly string[]): BooleanExpression {
    const known = new Set(strings);
    return this.test((string) => known.has(string));
  }

  contains(part: string): BooleanExpression {
    return this.test((string) => string.includes(part));
  }

  startsWith(part: string): BooleanExpression {
    return this.test((string) => string.startsWith(part));
  }

  endsWith(part: string): BooleanExpression {
    return this.test((string) => string.endsWith(part));
  }

  matches(pattern: RegExp): BooleanExpression {
    return this.test((string) => string.search(pattern) >= 0);
  }

  /** Any test of the string. */
  test(accepts: (string: string) => boolean): BooleanExpression {
    return new BooleanExpression((evaluation) => {
      const read = this.strings(evaluation);
      return collect(evaluation.rows, (row) => {
        const string = read(row);
        return string === null ? null : accepts(string);
      });
    });
  }

  isNull(): BooleanExpression {
    return BooleanExpression.whereNull(this);
  }

  /** This where it is not null, else the other. */
  orElse(other: StringLike): StringExpression<Utf8> {
    const fallback = stringOf(other);
    return StringExpression.computed((evaluation) => {
      const [read, instead] = [this.strings(evaluation), fallback.strings(evaluation)];
      return (row) => read(row) ?? instead(row);
    });
  }

  /** Number of code points. */
  length(): NumberExpression {
    return this.#toNumbers((string) => (isPlain(string) ? string.length : Array.from(string).length));
  }

  /** The number that the string writes in decimal; NaN where it writes none. */
  toNumber(): NumberExpression {
    return this.#toNumbers((string) => (string.trim() === '' ? Number.NaN : Number(string)));
  }

  #toNumbers(measure: (string: string) => number): NumberExpression {
    return new NumberExpression((evaluation) => {
      const read = this.strings(evaluation);
      const nulls = new Uint8Array(evaluation.rows);
      const values = Float64Array.from({ length: evaluation.rows }, (_, row) => {
        const string = read(row);
        nulls[row] = string === null ? 1 : 0;
        return string === null ? 0 : measure(string);
      });
      return { values, nulls };
    });
  }

  /** Reads a string column. */
  static ofColumn<Type extends StringType>(name: string): StringExpression<Type> {
    const read = ({ batch }: Evaluation) => {
      const view = stringView(batch, name);
      return (row: number) => view.get(row);
    };
    return new StringExpression<Type>(read, { source: name, change: (string) => string });
  }

  /** Strings computed row by row. */
  static computed(read: (evaluation: Evaluation) => StringReader): StringExpression<Utf8> {
    return new StringExpression<Utf8>(read);
  }
}

/** A string as an expression. */
export function stringOf(value: StringLike): StringExpression<StringType> {
  return typeof value === 'string' ? StringExpression.computed(() => () => value) : value;
}

/** True where every UTF-16 unit is a code point. */
const isPlain = (string: string): boolean => !/[\ud800-\udfff]/.test(string);

function collect(rows: number, test: (row: number) => boolean | null) {
  const values = new Uint8Array(rows);
  const nulls = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const result = test(row);
    if (result === null) nulls[row] = 1;
    else values[row] = result ? 1 : 0;
  }
  return { values, nulls };
}

function changedStrings(data: Data, { change }: Category): (string | null)[] {
  const strings = (data.dictionary?.toJSON() ?? []) as (string | null)[];
  return strings.map((string) => (string === null ? null : change(string)));
}

function readChanged(batch: Batch, category: Category): StringReader {
  const data = columnData(batch, category.source);
  if (!DataType.isDictionary(data.type)) {
    const view = stringView(batch, category.source);
    return (row) => {
      const string = view.get(row);
      return string === null ? null : category.change(string);
    };
  }
  const strings = changedStrings(data, category);
  const nulls = nullsOf(data);
  return (row) => (nulls?.[row] === 1 ? null : (strings[data.values[row] as number] ?? null));
}

/** The column with its dictionary changed; two values may become one string, which a dictionary may hold twice. */
function changeDictionary(data: Data, category: Category): Data {
  const codes = (data.values as Int32Array).subarray(0, data.length);
  return categoryData(codes, new Vector([utf8Data(changedStrings(data, category))]), validityOf(nullsOf(data), data.length));
}

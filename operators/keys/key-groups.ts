import { type Data, DataType, type TypeMap, type Utf8, Vector } from 'apache-arrow';
import {
  type Batch,
  categoryData,
  columnData,
  KeyInterner,
  type NumericColumn,
  numberView,
  type StringColumn,
  stringView,
  utf8Data,
  Validity,
  ValidityBuilder,
} from '../../columnar/index.ts';
import type { StateReader, StateWriter } from '../../streams/index.ts';
import { type Key, keyData, keyKind, numberKeyData } from './key-column-data.ts';
import { NumberInterner } from './number-interner.ts';

/** Columns that rows can be grouped by: strings, and numbers as identifiers. */
export type KeyColumn<T extends TypeMap> = StringColumn<T> | NumericColumn<T>;

/**
 * Numbers the keys of a stream, so that an operator's state can lie in arrays. Group 0 holds the rows whose key is null, and all rows where
 * no key column is named; the other groups count from 1 in the order of first sight.
 */
export class KeyGroups {
  readonly #column: string | undefined;
  readonly #strings = new KeyInterner();
  readonly #numbers = new NumberInterner();
  readonly #dictionaries = new WeakMap<Vector<Utf8>, { readonly groups: Int32Array; size: number }>();
  #kind: string;
  #dictionary: Vector<Utf8> | undefined;

  /** @param kind type of the key column, where it is known already: see {@link keyKind} */
  constructor(column: string | undefined, kind = '') {
    this.#column = column;
    this.#kind = kind;
  }

  /** Type of the key column, as the last batch had it; empty before the first. */
  get kind(): string {
    return this.#kind;
  }

  /** How many groups there are, group 0 included. */
  get size(): number {
    return 1 + this.#strings.size + this.#numbers.size;
  }

  /** Takes the type of the key column from groups that have seen it. */
  adoptKind(other: KeyGroups): void {
    if (other.kind !== '') this.#kind = other.kind;
  }

  /** The group of every row; `column`: where another stream names the key otherwise; `memory`: of at least that length, overwritten. */
  groupsOf(batch: Batch, column = this.#column, memory = new Int32Array(batch.numRows)): Int32Array {
    if (column === undefined) return memory.subarray(0, batch.numRows).fill(0);
    const { type } = columnData(batch, column);
    this.#kind = keyKind(type);
    if (DataType.isInt(type) || DataType.isFloat(type)) return this.#groupsOfNumbers(batch, column);
    if (DataType.isDictionary(type)) return this.#groupsOfCategories(batch, column, memory.subarray(0, batch.numRows));
    const groups = this.#strings.codesOf(batch, column);
    for (let row = 0; row < groups.length; row++) groups[row] = (groups[row] as number) + 1;
    return groups;
  }

  /** As {@link groupsOf}, but a key that has no group gets -1, and stays unknown: for rows that only ask. */
  findGroups(batch: Batch, column = this.#column): Int32Array {
    const groups = new Int32Array(batch.numRows);
    if (column === undefined) return groups;
    const data = columnData(batch, column);
    if (DataType.isDictionary(data.type)) return this.#groupsOfCategories(batch, column, groups, true);
    if (DataType.isInt(data.type) || DataType.isFloat(data.type)) {
      const { values, validity } = numberView(batch, column);
      for (let row = 0; row < groups.length; row++)
        groups[row] = validity.isValid(row) ? this.#found(this.#numbers.find(values[row] as number)) : 0;
      return groups;
    }
    const view = stringView(batch, column);
    for (let row = 0; row < groups.length; row++) {
      const key = view.get(row);
      groups[row] = key === null ? 0 : this.#found(this.#strings.find(key));
    }
    return groups;
  }

  #found(code: number): number {
    return code < 0 ? -1 : code + 1;
  }

  /** Keys are met in row order, whatever the dictionary's order. */
  #groupsOfCategories(batch: Batch, column: string, groups: Int32Array, findOnly = false): Int32Array {
    const data = columnData(batch, column);
    const view = stringView(batch, column);
    const known = this.#groupsOfEntries(data.dictionary as Vector<Utf8>);
    const validity = Validity.of(data);
    const codes = data.values as Int32Array;
    for (let row = 0; row < groups.length; row++) {
      if (validity.complete) row = copyKnown(codes, known, groups, row);
      if (row === groups.length) break;
      const entry = codes[row] as number;
      if (!validity.isValid(row)) groups[row] = 0;
      else if (known[entry] === 0 || ((known[entry] as number) < 0 && !findOnly)) {
        const group = findOnly ? this.#find(view.get(row)) : this.add(view.get(row));
        known[entry] = group;
        groups[row] = group;
      } else groups[row] = known[entry] as number;
    }
    return groups;
  }

  #find(key: string | null): number {
    return key === null ? 0 : this.#found(this.#strings.find(key));
  }

  /** Groups of a dictionary's entries, filled as rows use them; 0: not looked up yet, -1: has none, as long as no group is new. */
  #groupsOfEntries(dictionary: Vector<Utf8>): Int32Array {
    let entries = this.#dictionaries.get(dictionary);
    if (entries === undefined) {
      entries = { groups: new Int32Array(dictionary.length), size: this.size };
      this.#dictionaries.set(dictionary, entries);
    }
    if (entries.size !== this.size) {
      for (let entry = 0; entry < entries.groups.length; entry++) if ((entries.groups[entry] as number) < 0) entries.groups[entry] = 0;
      entries.size = this.size;
    }
    return entries.groups;
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
  keyOf(group: number): Key {
    if (group === 0) return null;
    return this.#strings.size > 0 ? (this.#strings.keys[group - 1] ?? null) : this.#numbers.numberOf(group - 1);
  }

  /** A column of the keys of groups, of the type that the stream has them in. Category columns share one dictionary for as long as no key is new. */
  columnOf(groups: readonly number[] | Int32Array): Data {
    if (this.#kind === 'Utf8')
      return keyData(
        this.#kind,
        Array.from(groups, (group) => this.keyOf(group)),
      );
    const nulls = new ValidityBuilder(groups.length);
    const isCategory = this.#kind === 'category';
    const codes = isCategory ? new Int32Array(groups.length) : new Float64Array(groups.length);
    for (let row = 0; row < codes.length; row++) {
      const group = groups[row] as number;
      if (group === 0) nulls.setNull(row);
      else codes[row] = isCategory ? group - 1 : this.#numbers.numberOf(group - 1);
    }
    if (codes instanceof Float64Array) return numberKeyData(this.#kind, codes, nulls);
    if (this.#dictionary?.length !== this.#strings.size) this.#dictionary = new Vector([utf8Data(this.#strings.keys)]);
    return categoryData(codes, this.#dictionary, nulls);
  }

  /** The group of a key, new or known. */
  add(key: Key): number {
    if (key === null) return 0;
    return 1 + (typeof key === 'string' ? this.#strings.intern(key) : this.#numbers.intern(key));
  }

  write(out: StateWriter): void {
    out.string(this.#kind).strings(this.#strings.keys).numbers(this.#numbers.numbers());
  }

  static read(column: string | undefined, input: StateReader, kind = input.string()): KeyGroups {
    const groups = new KeyGroups(column, kind);
    for (const key of input.strings()) groups.add(key);
    for (const key of input.float64s()) groups.add(key);
    return groups;
  }

  /** Writes keys in the order given, nulls included. */
  static writeKeys(out: StateWriter, keys: readonly Key[]): void {
    out.numbers(Uint8Array.from(keys, (key) => (key === null ? 0 : typeof key === 'number' ? 1 : 2)));
    out.numbers(Float64Array.from(keys.filter((key) => typeof key === 'number')));
    out.strings(keys.filter((key) => typeof key === 'string'));
  }

  static readKeys(input: StateReader): Key[] {
    const kinds = input.bytes();
    const numbers = input.float64s();
    const strings = input.strings();
    let number = 0;
    let string = 0;
    return Array.from(kinds, (kind) => (kind === 0 ? null : kind === 1 ? (numbers[number++] as number) : (strings[string++] as string)));
  }
}

/** Fills in the groups of rows from `from` on, up to the first one whose entry has none that is known; returns that row. */
function copyKnown(codes: Int32Array, known: Int32Array, groups: Int32Array, from: number): number {
  const rows = groups.length;
  let row = from;
  // Two at a time: it saves some work, and V8 inlines no function of this size into code that it has not optimized in full.
  for (; row + 1 < rows; row += 2) {
    const first = known[codes[row] as number] as number;
    const second = known[codes[row + 1] as number] as number;
    if (first <= 0 || second <= 0) break;
    groups[row] = first;
    groups[row + 1] = second;
  }
  for (; row < rows; row++) {
    const group = known[codes[row] as number] as number;
    if (group <= 0) break;
    groups[row] = group;
  }
  return row;
}

/** True where a value counts as missing for statistics: null, NaN or infinite. */
export function isMissing(values: { readonly [row: number]: number }, validity: Validity, row: number): boolean {
  return !validity.isValid(row) || !Number.isFinite(values[row]);
}

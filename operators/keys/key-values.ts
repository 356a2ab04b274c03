import { type Data, DataType, type TypeMap, type Utf8, type Vector } from 'apache-arrow';
import { type Batch, type ColumnName, columnData, numberView, stringView } from '../../columnar/index.ts';
import { hashNumber } from './number-interner.ts';

/** The keys of a batch's rows with a 32-bit hash of each, without keeping any: for state that forgets keys. */
export interface KeyValues {
  get(row: number): string | number | null;
  hash(row: number): number;
  /** The values of a numeric column without nulls or NaN, to be read without the two functions. */
  readonly numbers?: ArrayLike<number>;
}

/** Reads a key column of strings or numbers; without a column every key is null. */
export function keyValues<T extends TypeMap>(batch: Batch<T>, column: ColumnName<T> | undefined): KeyValues {
  if (column === undefined) return { get: () => null, hash: () => 0 };
  const data = columnData(batch, column);
  if (DataType.isInt(data.type) || DataType.isFloat(data.type)) {
    const { values, validity } = numberView(batch, column);
    const get = (row: number) => (validity.isValid(row) ? (values[row] as number) : null);
    const hash = (row: number) => (validity.isValid(row) ? hashNumber(values[row] as number) : 0);
    return validity.complete && DataType.isInt(data.type) ? { get, hash, numbers: values } : { get, hash };
  }
  const strings = stringView(batch, column);
  if (!DataType.isDictionary(data.type)) return { get: (row) => strings.get(row), hash: (row) => hashString(strings.get(row)) };
  const hashes = entryHashes(data);
  const codes = data.values as Int32Array;
  return { get: (row) => strings.get(row), hash: (row) => (strings.get(row) === null ? 0 : (hashes[codes[row] as number] as number)) };
}

/** Many batches share one dictionary: it is hashed once. */
const hashed = new WeakMap<Vector, Int32Array>();

function entryHashes(data: Data): Int32Array {
  const dictionary = data.dictionary as Vector<Utf8> | undefined;
  if (dictionary === undefined) return new Int32Array(0);
  let hashes = hashed.get(dictionary);
  if (hashes === undefined) {
    hashes = Int32Array.from(dictionary.toJSON() as (string | null)[], hashString);
    hashed.set(dictionary, hashes);
  }
  return hashes;
}

/** FNV-1a over UTF-16 units; 0 for null. */
export function hashString(string: string | null): number {
  if (string === null) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < string.length; i++) hash = Math.imul(hash ^ string.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** How a column's values lie in memory, as its type decides: bits, words of 4 or 8 bytes, strings, or codes of dictionaries of strings. */
export type ValueLayout = 'bits' | 'words4' | 'words8' | 'text' | 'codes';

/** By what a column's smallest and largest value are found; words only. */
export type WordOrder = 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64';

/** How a flat column is encoded. Plain data, which passes between threads. */
export interface ColumnPlan {
  readonly name: string;
  readonly layout: ValueLayout;
  readonly order?: WordOrder;
  /** Parquet's number of the physical type. */
  readonly physicalType: number;
  readonly isOptional: boolean;
  /** 'sample': as long as at most half of the values are distinct. */
  readonly dictionary: 'never' | 'sample' | 'always';
}

/** From its row on, a column's codes are those of this dictionary. */
export interface DictionaryPart {
  readonly from: number;
  /** Of the strings in `bytes`, from 0. */
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** All rows of a column, one after the other. Views of one memory, so that they move between threads. */
export interface PackedColumn {
  readonly nullCount: number;
  /** A bit per row, lowest first, zero beyond the last; absent where no row is null. */
  readonly validity?: Uint8Array;
  /** Bits (zero beyond the last), words, bytes of strings, or codes as i32. */
  readonly values: Uint8Array;
  /** Of strings, from 0. */
  readonly offsets?: Int32Array;
  readonly dictionaries?: readonly DictionaryPart[];
}

/** Rows of flat columns. */
export interface PackedRows {
  readonly rows: number;
  /** Of the memory that are used. */
  readonly bytes: number;
  readonly memory: ArrayBuffer;
  readonly columns: readonly PackedColumn[];
}

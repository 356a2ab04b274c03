import type {
  Bool,
  Dictionary,
  Field,
  FixedSizeList,
  Float,
  Float32,
  Int,
  LargeUtf8,
  TimestampMillisecond,
  TypeMap,
  Utf8,
} from 'apache-arrow';

/** Arrow types whose values are plain numbers in a typed array (64-bit integers included: views convert them). */
export type NumericType = Float | Int;

/** Arrow types whose values are strings, plain or dictionary encoded. */
export type StringType = Utf8 | LargeUtf8 | Dictionary<Utf8>;

/** Instants, in milliseconds since 1970-01-01T00:00:00Z. */
export type InstantType = TimestampMillisecond;

/** A fixed number of float32 values per row, row-major: the input of a network. */
export type TensorType = FixedSizeList<Float32>;

type NamesOf<T extends TypeMap, Type> = { [K in keyof T & string]: T[K] extends Type ? K : never }[keyof T & string];

/** Names of all columns of `T`. */
export type ColumnName<T extends TypeMap> = keyof T & string;
/** Names of the numeric columns of `T`: a string column given to `standardize` does not compile. */
export type NumericColumn<T extends TypeMap> = NamesOf<T, NumericType>;
/** Names of the string columns of `T`. */
export type StringColumn<T extends TypeMap> = NamesOf<T, StringType>;
/** Names of the timestamp columns of `T`. */
export type InstantColumn<T extends TypeMap> = NamesOf<T, InstantType>;
/** Names of the boolean columns of `T`. */
export type BooleanColumn<T extends TypeMap> = NamesOf<T, Bool>;
/** Names of the tensor columns of `T`. */
export type TensorColumn<T extends TypeMap> = NamesOf<T, TensorType>;

/** `T` with the columns of `Added` added or replaced; flattened, so that editors show plain columns. */
export type WithColumns<T extends TypeMap, Added extends TypeMap> = {
  [K in keyof T | keyof Added]: K extends keyof Added ? Added[K] : K extends keyof T ? T[K] : never;
};

/** The fields of an Arrow schema by name. */
export type Fields<T extends TypeMap> = { readonly [K in keyof T]: Field<T[K]> };

export type { TypeMap };

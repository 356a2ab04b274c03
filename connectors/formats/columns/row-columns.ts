import { Binary, type Data, DataType, type Field, type TypeMap, Utf8 } from 'apache-arrow';
import { type Batch, type BatchSchema, makeBatch, type RowSelection, rowSelection, takeData } from '../../../columnar/index.ts';
import { MillraceError } from '../../../streams/index.ts';
import { BooleanColumn } from './boolean-column.ts';
import { CategoryColumn } from './category-column.ts';
import { Int64Column } from './int64-column.ts';
import { NumberColumn, numberKindOf } from './number-column.ts';
import { ABSENT, PRESENT } from './row-state.ts';
import { TensorColumn } from './tensor-column.ts';
import { TextColumn } from './text-column.ts';

/** Collects one column of rows being decoded. */
export type ColumnBuilder = NumberColumn | Int64Column | BooleanColumn | TextColumn | TensorColumn | CategoryBuilder;

/** Collects strings as codes into a dictionary. */
export interface CategoryBuilder {
  readonly kind: 'category';
  state: Uint8Array;
  begin(capacity: number): void;
  /** Sets a row to UTF-8 bytes of a block. */
  put(row: number, from: Uint8Array, start: number, end: number): void;
  /** Leaves rows out, those named, ascending; absent where that is no less than taking the others. */
  drop?(gone: Int32Array, rows: number): void;
  finish(rows: number): Data;
}

/** Makes the builder for a column type; undefined when there is none. */
export function columnBuilder(type: DataType, category: () => CategoryBuilder): ColumnBuilder | undefined {
  const kind = numberKindOf(type);
  if (kind !== undefined) return new NumberColumn(kind);
  if (DataType.isInt(type) && type.bitWidth === 64 && type.isSigned) return new Int64Column();
  if (DataType.isBool(type)) return new BooleanColumn();
  if (type instanceof Utf8 || type instanceof Binary) return new TextColumn(type);
  if (DataType.isFixedSizeList(type) && DataType.isFloat(type.children[0]?.type) && type.children[0].type.precision === 1) {
    return new TensorColumn(type.listSize);
  }
  if (DataType.isDictionary(type) && type.dictionary instanceof Utf8) return category();
  return undefined;
}

/** The columns of a schema while a block of records is decoded: rows are set in order, a rejected row is cleared and used again. */
export class RowColumns<T extends TypeMap> {
  readonly schema: BatchSchema<T>;
  readonly names: readonly string[];
  readonly builders: readonly ColumnBuilder[];
  readonly #required: readonly number[];

  /** @throws MillraceError INVALID_OPTION for a column type that `format` cannot hold. */
  constructor(schema: BatchSchema<T>, format: string, category: () => CategoryBuilder = () => new CategoryColumn()) {
    this.schema = schema;
    this.names = schema.fields.map((field) => field.name);
    this.builders = schema.fields.map((field) => builderOf(field, format, category));
    this.#required = schema.fields.flatMap((field, column) => (field.nullable ? [] : [column]));
  }

  /** Makes room for `capacity` rows, all empty. */
  begin(capacity: number): void {
    for (const builder of this.builders) builder.begin(capacity);
  }

  /** Forgets what was set of a row. */
  clearRow(row: number): void {
    for (const builder of this.builders) builder.state[row] = ABSENT;
  }

  /** The numbers of the required columns. */
  get required(): readonly number[] {
    return this.#required;
  }

  /** The first required column that the row lacks, or -1. */
  missing(row: number): number {
    for (let i = 0; i < this.#required.length; i++) {
      const column = this.#required[i] as number;
      if ((this.builders[column] as ColumnBuilder).state[row] !== PRESENT) return column;
    }
    return -1;
  }

  /** The first `rows` rows as a batch, but for those in `gone`, which ascend; call `begin` before the next. */
  finishWithout(gone: Int32Array, rows: number): Batch<T> {
    const left = rows - gone.length;
    let selection: RowSelection | undefined;
    const columns = this.builders.map((builder) => {
      if (!('drop' in builder) || builder.drop === undefined) {
        selection ??= rowSelection(otherRows(gone, rows));
        return takeData(builder.finish(rows), selection);
      }
      builder.drop(gone, rows);
      return builder.finish(left);
    });
    return makeBatch(this.schema, columns, left);
  }

  /** The first `rows` rows as a batch; call `begin` before the next. */
  finish(rows: number): Batch<T> {
    const columns: Data[] = this.builders.map((builder) => builder.finish(rows));
    return makeBatch(this.schema, columns, rows);
  }
}

/** The rows below `rows` that are not in `gone`, which ascends. */
export function otherRows(gone: Int32Array, rows: number): Int32Array {
  const others = new Int32Array(rows - gone.length);
  let at = 0;
  for (let gap = 0, row = 0; gap <= gone.length; gap++, row++) {
    const end = gone[gap] ?? rows;
    for (; row < end; row++) others[at++] = row;
  }
  return others;
}

function builderOf(field: Field, format: string, category: () => CategoryBuilder): ColumnBuilder {
  const builder = columnBuilder(field.type, category);
  // Lists have a form in JSON alone.
  if (builder !== undefined && (builder.kind !== 'tensor' || format === 'json')) return builder;
  throw new MillraceError('INVALID_OPTION', `format ${format} cannot hold column '${field.name}' of type ${field.type}`, {
    hint: 'use float64, float32, int32, int64, boolean, utf8, category, timestamp or binary (and, in json, tensor)',
  });
}

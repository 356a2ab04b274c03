import { type Data, DataType, Field, makeData, Schema, Type, type Utf8, Vector } from 'apache-arrow';
import {
  categoryData,
  concatBatches,
  KeyInterner,
  makeBatch,
  type RowSelection,
  takeData,
  utf8Data,
  Validity,
  ValidityBuilder,
} from '../../columnar/index.ts';
import { GrowingNumbers } from './growing-numbers.ts';

/** A column to which values are added by copying them once. What it has given out stays as it was. */
export interface GrowingColumn {
  append(data: Data): void;
  /** All values. */
  data(): Data;
  /** The values at `rows`; null where a row is negative. */
  take(rows: Int32Array | RowSelection): Data;
  /** A column of the values at `rows`, none of them negative, with room for as many as this one has. */
  keep(rows: Int32Array): GrowingColumn;
}

/** A growing column of the type of `data`, without values yet. */
export function growingColumn(data: Data): GrowingColumn {
  const { type } = data;
  if (DataType.isDictionary(type) && data.values instanceof Int32Array && DataType.isUtf8(type.dictionary)) return new CategoryColumn();
  if (type.typeId === Type.Utf8 || type.typeId === Type.Binary) return new BytesColumn(data);
  if (ArrayBuffer.isView(data.values) && !DataType.isBool(type) && data.valueOffsets === undefined && data.children.length === 0)
    return new FixedColumn(data);
  return new PieceColumn();
}

/** Which rows of a growing column are null. */
class Nulls {
  #bitmap: Uint8Array | undefined;
  count = 0;

  append(data: Data, at: number): void {
    const rows = at + data.length;
    if (this.#bitmap !== undefined && rows > this.#bitmap.length * 8) this.#bitmap = valid(2 * rows, this.#bitmap);
    const validity = Validity.of(data);
    if (validity.complete) return;
    this.#bitmap ??= valid(rows);
    for (let row = 0; row < data.length; row++) {
      if (validity.isValid(row)) continue;
      const bit = at + row;
      this.#bitmap[bit >> 3] = (this.#bitmap[bit >> 3] as number) & ~(1 << (bit & 7));
      this.count++;
    }
  }

  get parts() {
    return { nullCount: this.count, nullBitmap: this.#bitmap };
  }
}

function valid(rows: number, before?: Uint8Array): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(rows / 64) * 8).fill(0xff);
  if (before !== undefined) bitmap.set(before);
  return bitmap;
}

/** One typed array, `stride` values a row. */
class FixedColumn implements GrowingColumn {
  readonly #type: DataType;
  readonly #stride: number;
  readonly #values: GrowingNumbers<Float64Array>;
  readonly #nulls = new Nulls();
  #rows = 0;

  constructor(data: Data, room = 0) {
    this.#type = data.type;
    this.#stride = (data as { stride?: number }).stride ?? 1;
    this.#values = new GrowingNumbers(data.values.constructor as Float64ArrayConstructor, room);
  }

  append(data: Data): void {
    this.#nulls.append(data, this.#rows);
    this.#values.append((data.values as Float64Array).subarray(0, data.length * this.#stride));
    this.#rows += data.length;
  }

  data(): Data {
    return makeData({ type: this.#type, length: this.#rows, data: this.#values.all, ...this.#nulls.parts } as never);
  }

  take(rows: Int32Array | RowSelection): Data {
    return takeData(this.data(), rows);
  }

  keep(rows: Int32Array): GrowingColumn {
    const taken = this.take(rows);
    const kept = new FixedColumn(taken, this.#values.room);
    kept.append(taken);
    return kept;
  }
}

/** Strings and binary values: offsets, and bytes one after the other. */
class BytesColumn implements GrowingColumn {
  readonly #type: DataType;
  readonly #offsets = new GrowingNumbers(Int32Array);
  readonly #bytes = new GrowingNumbers(Uint8Array);
  readonly #nulls = new Nulls();
  #rows = 0;

  constructor(data: Data) {
    this.#type = data.type;
    this.#offsets.append(Int32Array.of(0));
  }

  append(data: Data): void {
    const from = data.valueOffsets as Int32Array;
    const first = from[0] as number;
    const shift = this.#bytes.length - first;
    const offsets = new Int32Array(data.length);
    for (let row = 0; row < offsets.length; row++) offsets[row] = (from[row + 1] as number) + shift;
    this.#nulls.append(data, this.#rows);
    this.#bytes.append((data.values as Uint8Array).subarray(first, from[data.length] as number));
    this.#offsets.append(offsets);
    this.#rows += data.length;
  }

  data(): Data {
    const parts = { length: this.#rows, valueOffsets: this.#offsets.all, data: this.#bytes.all, ...this.#nulls.parts };
    return makeData({ type: this.#type, ...parts } as never);
  }

  take(rows: Int32Array | RowSelection): Data {
    return takeData(this.data(), rows);
  }

  keep(rows: Int32Array): GrowingColumn {
    return columnOf(this.take(rows));
  }
}

/** A growing column of the values there are. */
function columnOf(data: Data): GrowingColumn {
  const column = growingColumn(data);
  column.append(data);
  return column;
}

/** Below so many strings a dictionary is simply made anew. */
const FEW_STRINGS = 4096;

/** Categories under one numbering, whatever dictionaries they came with; -1 where null. */
class CategoryColumn implements GrowingColumn {
  readonly #codes: GrowingNumbers<Int32Array<ArrayBuffer>>;
  readonly #strings: KeyInterner;
  #dictionary: Vector<Utf8> | undefined;

  constructor(codes = new GrowingNumbers(Int32Array), strings = new KeyInterner()) {
    this.#codes = codes;
    this.#strings = strings;
  }

  append(data: Data): void {
    const schema = new Schema([new Field('category', data.type, true)]);
    this.#codes.append(this.#strings.codesOf(makeBatch(schema, [data]), 'category'));
  }

  data(): Data {
    return this.#dataOf(this.#codes.all);
  }

  take(selected: Int32Array | RowSelection): Data {
    const rows = selected instanceof Int32Array ? selected : selected.rows;
    const codes = this.#codes.all;
    return this.#dataOf(rows.map((row) => (row < 0 ? -1 : (codes[row] as number))));
  }

  keep(rows: Int32Array): GrowingColumn {
    if (this.#strings.size > Math.max(FEW_STRINGS, 4 * rows.length)) return columnOf(this.take(rows));
    const kept = new CategoryColumn(this.#codes.keep(rows), this.#strings);
    kept.#dictionary = this.#dictionary;
    return kept;
  }

  #dataOf(codes: Int32Array): Data {
    const nulls = new ValidityBuilder(codes.length);
    for (let row = 0; row < codes.length; row++) if ((codes[row] as number) < 0) nulls.setNull(row);
    if (this.#dictionary?.length === this.#strings.size) return categoryData(codesOf(codes, nulls), this.#dictionary, nulls);
    // Many strings for few rows, and new ones among them: a dictionary of these rows' own strings is the smaller work.
    if (this.#strings.size > FEW_STRINGS && codes.length * 4 < this.#strings.size) return this.#ownDictionary(codes, nulls);
    this.#dictionary = new Vector([utf8Data(this.#strings.keys)]);
    return categoryData(codesOf(codes, nulls), this.#dictionary, nulls);
  }

  #ownDictionary(codes: Int32Array, nulls: ValidityBuilder): Data {
    const places = new Map<number, number>();
    const own = codes.map((code) => {
      if (code < 0) return 0;
      const place = places.get(code) ?? places.size;
      places.set(code, place);
      return place;
    });
    return categoryData(
      own,
      Array.from(places.keys(), (code) => this.#strings.keys[code] as string),
      nulls,
    );
  }
}

/** Codes with 0 where the value is null: a reader may look a null's code up. */
const codesOf = (codes: Int32Array, nulls: ValidityBuilder): Int32Array =>
  nulls.nullCount === 0 ? codes : codes.map((code) => Math.max(code, 0));

/** Nested layouts, kept in pieces and joined when they are read. */
class PieceColumn implements GrowingColumn {
  #pieces: Data[] = [];

  append(data: Data): void {
    this.#pieces.push(data);
  }

  data(): Data {
    const [first] = this.#pieces;
    const schema = new Schema([new Field('piece', (first as Data).type, true)]);
    const joined = concatBatches(this.#pieces.map((piece) => makeBatch(schema, [piece]))).data.children[0] as Data;
    this.#pieces = [joined];
    return joined;
  }

  take(rows: Int32Array | RowSelection): Data {
    return takeData(this.data(), rows);
  }

  keep(rows: Int32Array): GrowingColumn {
    return columnOf(this.take(rows));
  }
}

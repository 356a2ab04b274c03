import { type Data, DataType, Type } from 'apache-arrow';
import type { Batch } from '../../../columnar/index.ts';

/**
 * Bytes of rows as they are counted for the size of a row group: of numbers their width, of booleans one, of strings four and their own; nested values and
 * whatever else there is count as eight. They depend on the rows alone, never on how they were cut into batches.
 */
export class RowBytes {
  readonly #fixed: number;
  /** Offsets of the strings of each such column. */
  readonly #offsets: readonly Int32Array[];

  constructor(batch: Batch) {
    const columns = batch.data.children as readonly Data[];
    const texts = columns.filter(({ type, length }) => length > 0 && (type.typeId === Type.Utf8 || type.typeId === Type.Binary));
    this.#offsets = texts.map(({ valueOffsets }) => valueOffsets as Int32Array);
    this.#fixed = batch.schema.fields.reduce((sum, field) => sum + widthOf(field.type), 0);
  }

  /** Of rows [from, to). */
  between(from: number, to: number): number {
    const texts = this.#offsets.reduce((sum, offsets) => sum + (offsets[to] as number) - (offsets[from] as number), 0);
    return texts + (to - from) * this.#fixed;
  }

  /** The row after that with which the rows from `from` on reach `bytes`, or `to` if they do not before. */
  reach(from: number, to: number, bytes: number): number {
    if (this.between(from, to) < bytes) return to;
    let low = from + 1;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.between(from, middle) >= bytes) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function widthOf(type: DataType): number {
  if (DataType.isBool(type)) return 1;
  if (DataType.isInt(type)) return type.bitWidth / 8;
  if (DataType.isFloat(type) && type.precision === 1) return 4;
  return type.typeId === Type.Utf8 || type.typeId === Type.Binary || DataType.isDictionary(type) ? 4 : 8;
}

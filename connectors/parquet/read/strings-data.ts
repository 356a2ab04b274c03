import { type Data, makeData, Utf8 } from 'apache-arrow';

/** The strings at `rows` of a column's bytes and offsets, as a plain string column without nulls. */
export function stringsData(bytes: Uint8Array, offsets: Int32Array, rows: readonly number[]): Data<Utf8> {
  const valueOffsets = new Int32Array(rows.length + 1);
  for (const [entry, row] of rows.entries())
    valueOffsets[entry + 1] = (valueOffsets[entry] as number) + (offsets[row + 1] as number) - (offsets[row] as number);
  const data = new Uint8Array(valueOffsets[rows.length] as number);
  for (const [entry, row] of rows.entries()) data.set(bytes.subarray(offsets[row], offsets[row + 1]), valueOffsets[entry]);
  return makeData({ type: new Utf8(), length: rows.length, nullCount: 0, valueOffsets, data });
}

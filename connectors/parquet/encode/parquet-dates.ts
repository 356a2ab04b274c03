import { type Data, DataType, DateDay, DateUnit, makeData, Schema } from 'apache-arrow';
import { type Batch, int64ToNumbers, makeBatch } from '../../../columnar/index.ts';

const DAY = 86_400_000;

/**
 * The batch with dates as Parquet has them, in days. Arrow's dates in milliseconds hold whole days too, but are written as bare integers by parquet-wasm,
 * which other readers take for numbers.
 */
export function withParquetDates(batch: Batch): Batch {
  const { fields } = batch.schema;
  const isMillisecondDate = (type: DataType): boolean => DataType.isDate(type) && type.unit === DateUnit.MILLISECOND;
  if (!fields.some((field) => isMillisecondDate(field.type))) return batch;
  const columns = fields.map((field, column) => {
    const data = batch.data.children[column] as Data;
    return isMillisecondDate(field.type) ? toDays(data) : data;
  });
  const schema = new Schema(
    fields.map((field, column) => field.clone({ type: columns[column]?.type as DataType })),
    batch.schema.metadata,
  );
  return makeBatch(schema, columns, batch.numRows);
}

function toDays(data: Data): Data {
  const days = Int32Array.from(int64ToNumbers(data.values as BigInt64Array, data.length), (instant) => Math.floor(instant / DAY));
  // A slice's bitmap begins at the slice's offset; a fresh one does not have to.
  const nulls = data.nullCount > 0 ? Uint8Array.from({ length: Math.ceil(data.length / 8) }, (_, byte) => bitsOf(data, byte)) : undefined;
  return makeData({ type: new DateDay(), length: data.length, data: days, nullCount: data.nullCount, nullBitmap: nulls });
}

function bitsOf(data: Data, byte: number): number {
  let bits = 0;
  for (let bit = 0; bit < 8 && byte * 8 + bit < data.length; bit++) if (data.getValid(byte * 8 + bit)) bits |= 1 << bit;
  return bits;
}

import { type Data, DataType, makeData, RecordBatchReader, RecordBatchStreamWriter, type TypeMap } from 'apache-arrow';
import type { Batch } from './batch.ts';
import { makeBatch } from './build.ts';
import { asCategories, numberDictionaries } from './category-type.ts';

/** One batch as an Arrow IPC stream (schema, dictionaries, one record batch). Bodies are never compressed: see docs/architecture. */
export function batchToIpc(batch: Batch): Uint8Array {
  const { schema, columns } = numberDictionaries(batch);
  const writer = new RecordBatchStreamWriter();
  writer.write(makeBatch(schema, columns.map(withNullCount), batch.numRows));
  writer.finish();
  return writer.toUint8Array(true);
}

/** A slice of a column of the type Null tells a wrong number of nulls, which readers refuse. */
function withNullCount(data: Data): Data {
  const { type, length } = data;
  if (DataType.isNull(type)) return data.nullCount === length ? data : makeData({ type, length });
  const children = data.children.map(withNullCount);
  if (children.every((child, index) => child === data.children[index])) return data;
  return data.clone(type, data.offset, length, data.nullCount, data.buffers, children);
}

/** All batches of an Arrow IPC stream or file. Throws what apache-arrow throws on bytes that are neither. */
export function batchesFromIpc<T extends TypeMap>(bytes: Uint8Array): Batch<T>[] {
  return [...RecordBatchReader.from(bytes)].map((batch) => {
    const { schema, columns } = asCategories(batch);
    return makeBatch(schema, columns, batch.numRows) as Batch<T>;
  });
}

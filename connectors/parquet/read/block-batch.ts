import { Data, type DataType, type Field, DataType as Is, type RecordBatch, RecordBatchReader, Schema, Vector } from 'apache-arrow';
import { makeBatch } from '../../../columnar/index.ts';
import type { DecodedColumn } from '../decode/part-values.ts';
import type { ByteRange, ColumnLayout, DecodedBlock } from './column-block.ts';

/** The rows of a block as a record batch, over the block's own bytes. `fields` are those that were asked for, in the file's order. */
export function blockBatch(block: DecodedBlock, fields: readonly Field[]): RecordBatch {
  if ('columns' in block)
    return makeBatch(
      new Schema([...fields]),
      fields.map((field, column) => columnData(field.type, block.columns[column] as DecodedColumn)),
    );
  if (block.layout === undefined) {
    const [batch, ...others] = [...RecordBatchReader.from(block.bytes)];
    if (batch === undefined || others.length > 0) throw new RangeError('it holds another number of batches than one');
    return batch;
  }
  const columns = fields.map((field, column) => dataOf(field.type, block.layout?.[column] as ColumnLayout, block.bytes));
  return makeBatch(new Schema([...fields]), columns);
}

function columnData(type: DataType, { length, nullCount, validity, offsets, values, dictionary }: DecodedColumn): Data {
  const Values = (Is.isDictionary(type) ? type.indices.ArrayType : type.ArrayType) as unknown as new (buffer: ArrayBuffer) => never;
  const entries = Is.isDictionary(type) && dictionary !== undefined ? new Vector([columnData(type.dictionary, dictionary)]) : undefined;
  return new Data(type, 0, length, nullCount, [offsets, new Values(values), validity] as never, [], entries as never);
}

interface ArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, start: number, length: number): never;
}

function dataOf(type: DataType, layout: ColumnLayout, bytes: Uint8Array<ArrayBuffer>): Data {
  const part = (range: ByteRange | undefined, Values: unknown) => {
    const values = Values as ArrayType;
    return range && new values(bytes.buffer, bytes.byteOffset + range[0], range[1] / values.BYTES_PER_ELEMENT);
  };
  const { length, nullCount, validity, offsets, values } = layout;
  const children = layout.children.map((child, index) => dataOf((type.children as Field[])[index]?.type as DataType, child, bytes));
  const buffers = [
    part(offsets, (type as { OffsetArrayType?: unknown }).OffsetArrayType),
    // A dictionary's own array type is that of its entries; its values are the codes.
    part(values, Is.isDictionary(type) ? type.indices.ArrayType : type.ArrayType),
    nullCount === 0 ? undefined : part(validity, Uint8Array),
  ];
  const dictionary =
    Is.isDictionary(type) && layout.dictionary ? new Vector([dataOf(type.dictionary, layout.dictionary, bytes)]) : undefined;
  return new Data(type, 0, length, nullCount, buffers as never, children, dictionary as never);
}

import { type Data, type DataType, Field, Schema } from 'apache-arrow';
import { type Batch, isSameType, makeBatch, takeData } from '../../columnar/index.ts';
import { MillraceError } from '../../streams/index.ts';

/**
 * Batches of one stream with the same type in every column, so that they can be joined. A column of nulls alone takes the type of the others: a join cannot tell the types of a stream that has brought
 * nothing yet.
 */
export function sameTypes(batches: readonly Batch[]): readonly Batch[] {
  const [first] = batches;
  if (first === undefined || batches.every(({ schema }) => schema === first.schema)) return batches;
  const typed = first.schema.fields.map((_, column) => batches.find(({ data }) => hasValues(data.children[column])) ?? first);
  const fields = first.schema.fields.map(({ name, nullable }, column) => {
    const type = (typed[column] as Batch).schema.fields[column]?.type as DataType;
    return new Field(name, type, nullable);
  });
  const schema = new Schema(fields as never, first.schema.metadata);
  return batches.map((batch) => {
    const columns = fields.map((field, column) => ofType(batch, column, field, (typed[column] as Batch).data.children[column] as Data));
    return makeBatch(schema, columns, batch.numRows);
  });
}

const hasValues = (data: Data | undefined): boolean => data !== undefined && data.nullCount < data.length;

function ofType(batch: Batch, column: number, { name, type }: Field, example: Data): Data {
  const data = batch.data.children[column];
  const found = batch.schema.fields[column];
  if (data === undefined || found?.name !== name)
    throw new MillraceError('SCHEMA_MISMATCH', `the stream's columns have changed: '${name}' is not where it was`);
  if (isSameType(found.type, type) || String(found.type) === String(type)) return data;
  if (hasValues(data)) throw new MillraceError('SCHEMA_MISMATCH', `column '${name}' was ${type} and is ${found.type} now`);
  return takeData(example, new Int32Array(data.length).fill(-1));
}

import { type Data, DataType, Dictionary, Field, Int32, Schema, Utf8 } from 'apache-arrow';
import type { Batch } from './batch.ts';

/**
 * The one type of all category columns: Arrow compares dictionary types by id, every `new Dictionary` draws a fresh one, and a schema refuses two types of
 * one id. The id is far from those of files, which count from 0.
 */
export const CATEGORY: Dictionary<Utf8, Int32> = new Dictionary(new Utf8(), new Int32(), 0x6d72);

const isCategory = (type: DataType): type is Dictionary<Utf8, Int32> =>
  DataType.isDictionary(type) && DataType.isUtf8(type.dictionary) && DataType.isInt(type.indices) && type.indices.bitWidth === 32;

/** Schema and columns with every category column retyped as {@link CATEGORY}. */
export const asCategories = (batch: Batch) => retype(batch, (type) => (isCategory(type) ? CATEGORY : type));

/** Schema and columns with every dictionary column under an id of its own: the column's place, which is the same in every process. */
export const numberDictionaries = (batch: Batch) =>
  retype(batch, (type, index) =>
    DataType.isDictionary(type) ? new Dictionary(type.dictionary, type.indices, index, type.isOrdered) : type,
  );

function retype(batch: Batch, typeOf: (type: DataType, index: number) => DataType): { schema: Schema; columns: Data[] } {
  const columns = [...batch.data.children];
  const fields = batch.schema.fields.map((field, index) => {
    const type = typeOf(field.type, index);
    if (type === field.type) return field;
    columns[index] = (columns[index] as Data).clone(type) as Data;
    return new Field(field.name, type, field.nullable, field.metadata);
  });
  return { schema: new Schema(fields as never, batch.schema.metadata), columns };
}

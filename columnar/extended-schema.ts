import { type Data, DataType, Field, Schema } from 'apache-arrow';

/** A schema made of another one by adding columns. */
interface Extension {
  readonly names: readonly string[];
  readonly types: readonly DataType[];
  readonly schema: Schema;
}

/** Extensions remembered per schema: an operator adds the same columns to every batch. */
const MANY = 64;
const known = new WeakMap<Schema, Extension[]>();

/** The schema with columns added at the end, or replaced where the name exists; the same object for the same columns. */
export function extendedSchema(schema: Schema, added: readonly (readonly [name: string, data: Data])[]): Schema {
  let extensions = known.get(schema);
  if (extensions === undefined) {
    extensions = [];
    known.set(schema, extensions);
  }
  const found = extensions.find((extension) => isOf(extension, added));
  if (found !== undefined) return found.schema;
  const fields: Field[] = [...schema.fields];
  for (const [name, { type }] of added) {
    const at = fields.findIndex((field) => field.name === name);
    fields[at < 0 ? fields.length : at] = new Field(name, type, true);
  }
  const extended = new Schema(fields as never, schema.metadata);
  if (extensions.length < MANY)
    extensions.push({ names: added.map(([name]) => name), types: added.map(([, { type }]) => type), schema: extended });
  return extended;
}

function isOf({ names, types }: Extension, added: readonly (readonly [name: string, data: Data])[]): boolean {
  if (names.length !== added.length) return false;
  for (let i = 0; i < names.length; i++) {
    const [name, { type }] = added[i] as readonly [string, Data];
    if (names[i] !== name || !isSameType(types[i] as DataType, type)) return false;
  }
  return true;
}

/** Types of one object, or of one text where the text says everything; dictionaries differ by id. */
export function isSameType(a: DataType, b: DataType): boolean {
  if (a === b) return true;
  return a.typeId === b.typeId && !DataType.isDictionary(a) && !hasNamedChildren(a) && String(a) === String(b);
}

const hasNamedChildren = (type: DataType): boolean => DataType.isStruct(type) || DataType.isUnion(type) || DataType.isMap(type);

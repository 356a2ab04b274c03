import { Field, Schema, type TypeMap } from 'apache-arrow';
import { type BatchSchema, type ColumnName, columnData, makeBatch, rolesOf, withRoles } from '../../columnar/index.ts';
import { MillraceError, mapBatch, type Operator } from '../../streams/index.ts';

/** New names by old name. */
export type Names<T extends TypeMap> = { readonly [K in ColumnName<T>]?: string };

/** `T` with columns renamed. */
export type Renamed<T extends TypeMap, N> = { [K in keyof T as K extends keyof N ? (N[K] extends string ? N[K] : K) : K]: T[K] };

/**
 * Renames columns; the others keep their names, all keep their order. Roles (event time, key) follow their columns.
 *
 * Ledger: in = out.
 *
 * @param names new names by old name
 * @throws MillraceError SCHEMA_MISMATCH when a column is missing, or two columns would have one name
 * @example
 * flow(readings, rename({ pm25: 'fineDust', note: 'remark' }));
 */
export function rename<T extends TypeMap, const N extends Names<NoInfer<T>>>(names: N): Operator<T, Renamed<T, N>> {
  const renamed = new Map<string, string>(Object.entries(names as Record<string, string>));
  return mapBatch<T, Renamed<T, N>>('rename', (batch) => {
    for (const name of renamed.keys()) columnData(batch, name as never);
    const fields = batch.schema.fields.map((field) => new Field(renamed.get(field.name) ?? field.name, field.type, field.nullable));
    const twice = fields.find((field, index) => fields.findIndex((other) => other.name === field.name) !== index);
    if (twice !== undefined)
      throw new MillraceError('SCHEMA_MISMATCH', `rename would make two columns '${twice.name}'`, {
        hint: 'give each column a name of its own',
      });
    const { eventTime, key } = rolesOf(batch.schema);
    const follow = (name: string | undefined) => (name === undefined ? undefined : (renamed.get(name) ?? name));
    const schema: BatchSchema = withRoles(new Schema(fields as never, batch.schema.metadata), {
      eventTime: follow(eventTime),
      key: follow(key),
    } as never);
    return makeBatch<TypeMap>(schema, batch.data.children, batch.numRows) as never;
  });
}

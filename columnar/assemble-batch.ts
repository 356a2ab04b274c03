import { Data, RecordBatch, type Schema, Struct, type TypeMap } from 'apache-arrow';
import type { Batch, BatchSchema } from './batch.ts';

const NO_BITMAP = new Uint8Array(0);

/** Struct types by schema: many batches share one. */
const structs = new WeakMap<Schema, Struct>();

function structOf(schema: Schema): Struct {
  let struct = structs.get(schema);
  if (struct === undefined) {
    struct = new Struct(schema.fields as never);
    structs.set(schema, struct);
  }
  return struct;
}

/**
 * A record batch of columns whose lengths are known to be right. Arrow's own constructor copies the schema, its fields and their metadata for every batch, which costs more than
 * the work on a few thousand rows, and takes away the identity by which operators know a schema again.
 */
export function assembleBatch<T extends TypeMap>(schema: BatchSchema<T>, columns: readonly Data[], rows: number): Batch<T> {
  // Columns that are missing are filled with nulls there; with one argument Arrow takes it for an object of columns.
  if (columns.length !== schema.fields.length) {
    const data = new Data(structOf(schema), 0, rows, 0, [undefined, undefined, NO_BITMAP] as never, columns as Data[]);
    return new RecordBatch(schema, columns.length === 0 && rows === 0 ? undefined : (data as never));
  }
  const batch = Object.create(RecordBatch.prototype) as { schema: Schema; data: Data; _metadata: Map<string, string> };
  batch.schema = schema;
  batch.data = new Data(structOf(schema), 0, rows, 0, [undefined, undefined, NO_BITMAP] as never, columns as Data[]);
  batch._metadata = new Map();
  return batch as unknown as Batch<T>;
}

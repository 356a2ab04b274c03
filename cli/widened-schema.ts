import type { InferredSchema } from '../connectors/index.ts';

/** A schema that later records fit too where the first ones were whole numbers and complete: int32 becomes float64, and every column may be null. */
export function widened(inferred: InferredSchema): InferredSchema {
  const columns = inferred.columns.map((column) => ({
    ...column,
    nullable: true,
    type: column.type === 'int32' ? ('float64' as const) : column.type,
  }));
  return { ...inferred, columns };
}

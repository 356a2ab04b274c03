export type { InferredType } from './column-profile.ts';
export { inferSchema } from './infer-schema.ts';
export { type InferredColumn, type InferredPlace, type InferredSchema, inferredSource, schemaOfInferred } from './inferred-schema.ts';
